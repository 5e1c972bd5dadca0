// Before the first paint: the colours of last time, dark if there were none, and the panel of
// earlier reports as it was left.
(() => {
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") || "dark";
  root.dataset.priors = localStorage.getItem("priors") || "closed";
})();
