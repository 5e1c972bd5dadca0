// Before the first paint: the colours of last time, dark if there were none.
(() => {
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") || "dark";
})();
