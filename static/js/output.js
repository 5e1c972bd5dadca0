// The report as text: a preview that follows the form, and a copy for RIS and PACS.
import { post } from "./http.js";
import { say, sayBriefly } from "./page.js";
import { flushTexts } from "./texts.js";

const PAUSE = 400;

async function write({ plain, rich }) {
  if (window.ClipboardItem && navigator.clipboard?.write) {
    const blob = (text, type) => new Blob([text], { type });
    const item = { "text/plain": blob(plain, "text/plain"), "text/html": blob(rich, "text/html") };
    await navigator.clipboard.write([new ClipboardItem(item)]);
    return;
  }
  await navigator.clipboard.writeText(plain);
}

export async function copyReport() {
  const { copy } = document.getElementById("report").dataset;
  if (!copy) return say("The report of a reading does not leave its study.");
  try {
    await flushTexts();
    const answer = await post(copy, {});
    if (!answer.ok) throw new Error(answer.status);
    await write(await answer.json());
    sayBriefly("Copied.");
  } catch {
    say("The report could not be copied. Open the preview (Alt V) and copy from there.");
  }
}

// A preview that could not be fetched says so: an old one would be taken for the report as it is.
async function show(preview) {
  const { preview: url } = document.getElementById("report").dataset;
  const answer = await fetch(url, { redirect: "manual" }).catch(() => null);
  const text = answer?.ok ? await answer.text() : "The preview cannot be shown now.";
  preview.querySelector("pre").textContent = text;
}

export function togglePreview() {
  const preview = document.getElementById("preview");
  preview.open = !preview.open;
}

export function watchOutput() {
  const preview = document.getElementById("preview");
  let timer = 0;
  const later = () => {
    if (!preview.open) return;
    clearTimeout(timer);
    timer = setTimeout(() => show(preview), PAUSE);
  };
  preview.addEventListener("toggle", later);
  document.addEventListener("merged", later);
  document.addEventListener("saved", later);
  document.body.addEventListener("htmx:afterRequest", later);
  document.getElementById("copy-report")?.addEventListener("click", copyReport);
}
