// Warns before a session ends by inactivity, and lets the person extend it without leaving the page (WCAG 2.2.1).
// Without this module the page tells the time at which the session ends, and a form extends it.

const dialog = document.querySelector("[data-session-end]");
const remaining = dialog.querySelector("[data-remaining]");
const announcement = dialog.querySelector("[data-announcement]");
const form = dialog.querySelector("form");
const warnSeconds = Number(dialog.dataset.warnSeconds);

let endsAt = 0; // by the clock of this device
let timer = 0;
let announced = Infinity;
let dismissed = false;

function begin(seconds) {
  endsAt = Date.now() + seconds * 1000;
  announced = Infinity;
  dismissed = false;
  if (dialog.open) dialog.close();
  wait(seconds - warnSeconds, check);
}

function wait(seconds, then) {
  clearTimeout(timer);
  timer = setTimeout(then, Math.max(0, seconds) * 1000);
}

function secondsLeft() {
  return Math.round((endsAt - Date.now()) / 1000);
}

// Another tab may have extended the session: the gateway is asked before anything is said or done.
async function askGateway() {
  try {
    const answer = await fetch(dialog.dataset.state, { headers: { Accept: "application/json" }, cache: "no-store" });
    return (await answer.json()).seconds_left;
  } catch {
    return secondsLeft(); // no connection: what the page knows
  }
}

async function check() {
  const seconds = await askGateway();
  if (seconds <= 0) {
    leave();
  } else if (seconds > warnSeconds) {
    begin(seconds);
  } else {
    endsAt = Date.now() + seconds * 1000;
    if (!dialog.open && !dismissed) dialog.showModal();
    tick();
  }
}

function tick() {
  const seconds = secondsLeft();
  if (seconds <= 0) {
    wait(1, check);
  } else {
    tell(seconds);
    wait(1, tick);
  }
}

// Seen every second, spoken only now and then: nobody can listen to a voice that counts every second.
function tell(seconds) {
  const words = seconds > 60
    ? dialog.dataset.minutes.replace("{n}", String(Math.ceil(seconds / 60)))
    : dialog.dataset.seconds.replace("{n}", String(seconds));
  remaining.textContent = words;
  if (announced - seconds >= (seconds > 60 ? 60 : 20)) {
    announced = seconds;
    announcement.textContent = words;
  }
}

function leave() {
  window.location.assign(dialog.dataset.signIn);
}

async function extend() {
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
    });
    if (!answer.ok) return leave();
    return begin((await answer.json()).seconds_left);
  } catch {
    return form.submit();
  }
}

if (form.method === "post") {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    extend();
  });
  dialog.addEventListener("cancel", (event) => { // Esc says: I am here
    event.preventDefault();
    extend();
  });
}
dialog.addEventListener("close", () => { dismissed = secondsLeft() <= warnSeconds; });
document.addEventListener("visibilitychange", () => { // timers stand still while a device sleeps
  if (!document.hidden && secondsLeft() < warnSeconds) check();
});
begin(Number(dialog.dataset.secondsLeft));
