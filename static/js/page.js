// What every page has: colours, the list of keys, short notices.
import { page, sayHeld, token } from "./http.js";

const SIGNED_OUT =
  "Your sign-in has ended. Sign in again in another tab, then go on here: nothing is lost.";
const notice = document.getElementById("notice");

export function say(text) {
  notice.classList.remove("brief");
  notice.textContent = text;
}

export function sayBriefly(text) {
  say(text);
  notice.classList.add("brief");
  setTimeout(() => notice.textContent === text && say(""), 2500);
}

document.getElementById("theme-toggle").addEventListener("click", () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

const keys = document.getElementById("keys");
document.getElementById("keys-open").addEventListener("click", () => keys.showModal());

export function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  const asks = event.key === "?" && !isTyping(event.target);
  if ((asks || (event.altKey && event.key === "/")) && !keys.open) {
    event.preventDefault();
    keys.showModal();
  }
});

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
  event.detail.headers["X-Page"] = page;
});

export function isSignedOut(xhr) {
  return Boolean(xhr?.responseURL.includes(document.body.dataset.login));
}

// The page of the sign-in must not land in a field.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isSignedOut(event.detail.xhr)) return;
  event.detail.shouldSwap = false;
  say(SIGNED_OUT);
});
document.body.addEventListener("toast", (event) => say(event.detail.text));
document.body.addEventListener("htmx:sendError", () =>
  say("The server does not answer. What you typed is kept; it is sent as soon as it can be."),
);
document.body.addEventListener("htmx:afterRequest", (event) => {
  const status = event.detail.xhr?.status;
  const arrived = event.detail.successful && !isSignedOut(event.detail.xhr);
  if (arrived && /^(The server|Your sign-in)/.test(notice.textContent)) say("");
  if (status === 423) sayHeld(event.detail.xhr.responseText);
  if (status === 403) say(SIGNED_OUT);
  if (status >= 500) say(event.detail.xhr.responseText.slice(0, 200) || "The server failed; try again.");
});
