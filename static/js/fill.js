// Asking the model: the conclusion is saved first, and nothing moves the focus.
import { saver } from "./texts.js";

export function fill() {
  const button = document.getElementById("fill-button");
  const conclusion = saver("conclusion");
  if (!button || !conclusion) return;
  conclusion.flush();
  conclusion.run(async () => {
    if (conclusion.isDirty && conclusion.blocked) return;
    const text = conclusion.area.value;
    await htmx.ajax("POST", button.dataset.url, {
      source: button,
      target: "#fill",
      swap: "outerHTML",
      values: { text, version: conclusion.area.dataset.version },
    });
    const line = document.getElementById("fill");
    conclusion.area.dataset.version = line.dataset.conclusionVersion;
    conclusion.saved = text;
  });
}

export function watchFill() {
  const area = document.getElementById("conclusion");
  const fresh = () => {
    const backdrop = document.getElementById("backdrop");
    backdrop.classList.toggle("stale", backdrop.textContent.slice(0, -1) !== area.value);
  };
  document.getElementById("fill-button")?.addEventListener("click", fill);
  area.addEventListener("input", fresh);
  document.addEventListener("merged", fresh);
  fresh();
}
