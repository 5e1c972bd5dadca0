// Timing events: the page's monotonic clock, sent in batches, again until they have arrived.
import { postJson } from "./http.js";
import { say } from "./page.js";

const EVERY = 5000;
const INPUT_EVERY = 3000;
let page = null;

export function mark(kind, details = {}) {
  if (!page) return;
  const offset = performance.now() - page.start;
  page.queue.push({ id: crypto.randomUUID(), kind, offset_ms: Math.max(0, offset), details });
}

async function send({ keepalive = false } = {}) {
  if (!page.queue.length || page.busy) return;
  const events = page.queue.slice(0, 200);
  page.busy = true;
  try {
    const answer = await postJson(page.url, { token: page.token, events }, { keepalive });
    // An event that the server refuses would be refused again.
    if (answer.ok || answer.status === 422) page.queue.splice(0, events.length);
  } catch {
    // They stay in the queue and go with the next batch.
  } finally {
    page.busy = false;
  }
}

export function togglePause() {
  page.paused = !page.paused;
  mark(page.paused ? "paused" : "resumed");
  say(page.paused ? "Paused. Alt P to go on." : "");
}

function typed() {
  const now = performance.now();
  if (page.lastInput === null) mark("first_input");
  else if (now - page.lastInput > INPUT_EVERY) mark("input");
  else return;
  page.lastInput = now;
}

export function watchTiming(report) {
  if (!report.dataset.open) return;
  // The server's time in the token is that of the response: about when the page began to arrive.
  const [navigation] = performance.getEntriesByType("navigation");
  page = {
    url: report.dataset.events,
    token: report.dataset.token,
    start: navigation?.responseStart || 0,
    queue: [],
    busy: false,
    paused: false,
    lastInput: null,
  };
  report.addEventListener("input", typed);
  document.addEventListener("visibilitychange", () => {
    mark(document.hidden ? "hidden" : "visible");
    send({ keepalive: true });
  });
  window.addEventListener("pagehide", () => send({ keepalive: true }));
  setInterval(send, EVERY);
}
