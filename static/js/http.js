// Requests of our own. The token is read when it is needed: signing in again changes it.
export function token() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return found ? found.slice("csrftoken=".length) : "";
}

function send(url, body, headers, keepalive) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token(), ...headers },
    body,
    keepalive,
    redirect: "manual",
  });
}

export function post(url, values, { keepalive = false } = {}) {
  return send(url, new URLSearchParams(values), {}, keepalive);
}

export function postJson(url, value, { keepalive = false } = {}) {
  return send(url, JSON.stringify(value), { "Content-Type": "application/json" }, keepalive);
}
