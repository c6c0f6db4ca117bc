// The pages are whole without this. It spares the browser from loading everything anew, tells that something is on its way, and
// says what to do when nothing comes.

const main = () => document.getElementById("main");
const progress = document.getElementById("progress");
const news = document.getElementById("news");

const address = (url) => url.pathname + url.search;

let shown = address(location); // what main shows
let wanted = shown; // what is being loaded
let underWay = null; // what is being loaded, to be given up for what is asked next

const ours = (url) => url.origin === location.origin && (url.pathname === "/" || url.pathname.startsWith("/view/"));

async function go(url, { push, scroll }) {
  underWay?.abort();
  const mine = (underWay = new AbortController());
  wanted = address(url);
  main().setAttribute("aria-busy", "true");
  progress.hidden = false;
  try {
    const answer = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" } });
    const text = await answer.text();
    const next = new DOMParser().parseFromString(text, "text/html");
    const content = next.getElementById("main");
    if (!content) throw new Error(answer.status === 429 ? "That was quick. Please try again in a moment." : "");
    if (push) history.pushState({}, "", url);
    shown = address(url);
    document.title = next.title;
    main().replaceWith(content);
    ready();
    if (scroll) {
      scrollTo(0, 0);
      main().focus({ preventScroll: true });
    }
    news.textContent = next.title;
  } catch (error) {
    if (error.name === "AbortError") return;
    tellThatNothingCame(url, push, error instanceof TypeError ? "" : error.message);
  } finally {
    if (underWay === mine) {
      underWay = null;
      progress.hidden = true;
      main().removeAttribute("aria-busy");
    }
  }
}

function tellThatNothingCame(url, push, why) {
  document.getElementById("no-answer")?.remove();
  const notice = document.createElement("div");
  notice.id = "no-answer";
  notice.className = "notice wrong";
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = why || "There was no answer. Is the network there?";
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => go(url, { push, scroll: true }));
  notice.append(text, again);
  main().prepend(notice);
  again.focus();
}

// ready wakes what a page has that needs a script.
function ready() {
  for (const button of main().querySelectorAll("button[data-copy]")) {
    const code = document.getElementById(button.dataset.copy);
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[href]");
  if (!link || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  const withinPage = url.hash && address(url) === address(location);
  if (!ours(url) || withinPage) return;
  event.preventDefault();
  go(url, { push: !link.hasAttribute("data-retry"), scroll: true });
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const url = new URL(form.action);
  if (form.method !== "get" || !ours(url)) return;
  event.preventDefault();
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") asked.append(name, value);
  }
  url.search = asked;
  go(url, { push: true, scroll: false });
});

// A jump within a page comes by here as well.
addEventListener("popstate", () => {
  if (address(location) !== shown) go(new URL(location.href), { push: false, scroll: false });
  else if (underWay && address(location) !== wanted) underWay.abort(); // back where it was before anything came
});

ready();
