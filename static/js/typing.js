// Text written like typing, so that the browser's own undo and the autosave know of it.
export function typeOver(area, start, end, text) {
  const wanted = area.value.slice(0, start) + text + area.value.slice(end);
  if (area.value === wanted) return;
  if (document.activeElement === area) {
    area.setSelectionRange(start, end);
    if (document.execCommand(text ? "insertText" : "delete", false, text) && area.value === wanted) return;
  }
  area.value = wanted;
  area.setSelectionRange(start + text.length, start + text.length);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
