// Nobody at the desk: a calm word before, then the sign-in ends. What was typed is sent, or kept.
import { post } from "./http.js";
import { say } from "./page.js";

const { idle, active, logout, login } = document.body.dataset;
const LIMIT = Number(idle) * 1000;
const WARNING = Math.min(60000, LIMIT / 2);
const TELL = Math.min(60000, LIMIT / 4);
const FLUSH = 3000;
let told = Date.now();
let warned = false;
let leaving = false;

// The same for all tabs: whoever works in one is at the desk.
const last = () => Number(localStorage.getItem("active")) || 0;

function acted() {
  const now = Date.now();
  if (leaving || now - last() < 500) return;
  localStorage.setItem("active", now);
  if (now - told < TELL) return;
  told = now;
  post(active, {}).catch(() => {});
}

async function leave() {
  leaving = true;
  const work = [];
  document.dispatchEvent(new CustomEvent("leaving", { detail: work }));
  await Promise.race([Promise.all(work), new Promise((go) => setTimeout(go, FLUSH))]);
  await post(logout, {}).catch(() => {});
  location.assign(`${login}?idle=1&next=${encodeURIComponent(location.pathname)}`);
}

function look() {
  const left = LIMIT - (Date.now() - last());
  if (leaving) return;
  if (left <= 0) {
    leave();
  } else if (left <= WARNING) {
    warned = true;
    say(`You will be signed out in ${Math.ceil(left / 1000)} s, as nobody is typing. Any key keeps you signed in.`);
  } else if (warned) {
    warned = false;
    say("");
  }
}

if (LIMIT) {
  localStorage.setItem("active", Date.now());
  for (const kind of ["keydown", "pointerdown", "wheel", "input"]) {
    document.addEventListener(kind, acted, { capture: true, passive: true });
  }
  setInterval(look, 500);
}
