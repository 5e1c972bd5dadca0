// The dialog of the signature: everything typed is saved before it opens.
import { jump } from "./fields.js";
import { mark } from "./timing.js";
import { flushTexts } from "./texts.js";

export async function sign() {
  const dialog = document.getElementById("sign");
  if (!dialog || dialog.open) return;
  mark("sign_pressed");
  document.activeElement.blur();
  await flushTexts();
  // Neither the password nor the reasons of the last attempt.
  dialog.querySelector("form").reset();
  document.getElementById("sign-reasons").replaceChildren();
  dialog.showModal();
}

export function watchSign(report) {
  const dialog = document.getElementById("sign");
  document.getElementById("sign-open")?.addEventListener("click", sign);
  report.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) dialog.close();
    const link = event.target.closest("[data-jump]");
    if (!link) return;
    event.preventDefault();
    dialog?.close();
    jump(document.getElementById(link.dataset.jump));
  });
}
