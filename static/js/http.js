// Requests of our own. The token is read when it is needed: signing in again changes it.
export function token() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return found ? found.slice("csrftoken=".length) : "";
}

export function post(url, values, { keepalive = false } = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token() },
    body: new URLSearchParams(values),
    keepalive,
    redirect: "manual",
  });
}

export function postJson(url, value, { keepalive = false } = {}) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token(), "Content-Type": "application/json" },
    body: JSON.stringify(value),
    keepalive,
    redirect: "manual",
  });
}
