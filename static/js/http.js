// This page among all tabs and machines: the server lets one of them write in a report.
export const page = crypto.randomUUID();

// Requests of our own. The token is read when it is needed: signing in again changes it.
export function token() {
  const found = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return found ? found.slice("csrftoken=".length) : "";
}

async function send(url, body, headers, keepalive) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token(), "X-Page": page, ...headers },
    body,
    keepalive,
    redirect: "manual",
  });
  if (answer.status === 423) sayHeld(await answer.clone().text());
  return answer;
}

// Another page writes in this report: whoever shows it is told.
export function sayHeld(body) {
  const { message } = JSON.parse(body);
  document.dispatchEvent(new CustomEvent("held", { detail: message }));
}

export function post(url, values, { keepalive = false } = {}) {
  return send(url, new URLSearchParams(values), {}, keepalive);
}

export function postJson(url, value, { keepalive = false } = {}) {
  return send(url, JSON.stringify(value), { "Content-Type": "application/json" }, keepalive);
}
