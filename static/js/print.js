// The printed page's only action.
document.getElementById("print").addEventListener("click", () => window.print());
