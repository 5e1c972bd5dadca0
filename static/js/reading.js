// What interrupts a reading first saves what was typed.
import { flushTexts } from "./texts.js";

export function watchReading(report) {
  report.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-flush]");
    if (!form) return;
    event.preventDefault();
    await flushTexts();
    form.submit();
  });
}
