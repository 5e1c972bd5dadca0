// Requests of our own: form-encoded, with the token that htmx sends too.
const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export function post(url, values, { keepalive = false } = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token },
    body: new URLSearchParams(values),
    keepalive,
    redirect: "manual",
  });
}

export function postJson(url, value, { keepalive = false } = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
    body: JSON.stringify(value),
    keepalive,
    redirect: "manual",
  });
}
