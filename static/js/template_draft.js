// The form builder by keyboard. What was typed is stored before another part is opened.
const pause = () => new Promise((done) => setTimeout(done, 20));

async function stored() {
  const here = document.activeElement;
  // Leaving an input is what stores it.
  if (here?.form?.id === "part") {
    here.blur();
    here.focus();
  }
  while (document.querySelector("#draft .htmx-request, #draft.htmx-request")) await pause();
}

async function open(url) {
  await stored();
  window.htmx.ajax("GET", url, { source: "#draft", target: "#builder", swap: "outerHTML" });
}

function beside(by) {
  const links = [...document.querySelectorAll(".tree a[data-open]")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const link = links[at + by];
  if (link) open(link.href);
}

async function press(id) {
  await stored();
  document.getElementById(id)?.click();
}

function firstFault() {
  const link = document.querySelector("#faults a[data-open]");
  if (link) open(link.href);
}

const actions = {
  ArrowUp: () => press("part-up"),
  ArrowDown: () => press("part-down"),
  PageUp: () => beside(-1),
  PageDown: () => beside(1),
  KeyE: firstFault,
  KeyZ: () => press("undo"),
};

document.addEventListener("keydown", (event) => {
  const other = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!event.altKey || other || document.querySelector("dialog[open]")) return;
  if (!Object.hasOwn(actions, event.code)) return;
  event.preventDefault();
  actions[event.code]();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-open]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link.href);
});
