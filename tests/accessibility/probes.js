// What a page is asked about itself. Evaluated in the page by the accessibility gate; returns `probes`.
(() => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && element.getClientRects().length > 0;

  // Upstream hides what only screen readers get in a box of one pixel, which is clipped on purpose.
  const isOnlySpoken = (element) => Boolean(element.closest(".govuk-visually-hidden, .govuk-visually-hidden-focusable, .govuk-skip-link"));

  const describe = (element) => {
    const words = (element.innerText || element.getAttribute("aria-label") || element.name || "").trim().slice(0, 40);
    const id = element.id ? `#${element.id}` : "";
    const classes = typeof element.className === "string" && element.className ? `.${element.className.split(/\s+/).join(".")}` : "";
    return `<${element.tagName.toLowerCase()}${id}${classes}> ${words}`;
  };

  // While a dialog stands over the page, the page behind it cannot be used.
  const scope = () => document.querySelector("dialog:modal") ?? document.body;

  // Everything that Tab must stop at, in the order of the document. Of a group of radio buttons it stops at one.
  const stops = () => {
    const groups = new Set();
    return [...scope().querySelectorAll(CONTROLS)].filter((element) => {
      if (element.disabled || element.tabIndex < 0 || !isShown(element)) return false;
      if (element.type !== "radio") return true;
      const group = `${element.form?.id}/${element.name}`;
      const chosen = element.form?.elements[element.name];
      const checked = chosen instanceof RadioNodeList && chosen.value !== "";
      if (checked && !element.checked) return false;
      if (groups.has(group)) return false;
      groups.add(group);
      return true;
    });
  };

  // How a control looks, together with the label or the parts that carry its focus indicator.
  const look = (element) => {
    const parts = [[element, null], [element, "::before"], [element, "::after"]];
    for (const label of element.labels ?? []) parts.push([label, "::before"], [label, "::after"]);
    if (element.tagName === "SUMMARY") parts.push([element.firstElementChild ?? element, null]);
    const names = ["boxShadow", "backgroundColor", "borderTopColor",
      "borderTopWidth", "borderBottomColor", "color", "textDecorationColor", "textDecorationThickness"];
    return parts.map(([part, pseudo]) => {
      const style = getComputedStyle(part, pseudo);
      const outline = style.outlineStyle === "none" ? "" : `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`;
      return [outline, ...names.map((name) => style[name])].join("|");
    }).join("\n");
  };

  // In forced colours shadows and backgrounds are gone: an outline or a border must do.
  const hasOutline = (element) => {
    const parts = [[element, null]];
    for (const label of element.labels ?? []) parts.push([label, "::before"]);
    if (element.tagName === "SUMMARY") parts.push([element.firstElementChild ?? element, null]);
    return parts.some(([part, pseudo]) => {
      const style = getComputedStyle(part, pseudo);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    });
  };

  const isCovered = (element) => {
    const box = element.getBoundingClientRect();
    const seen = {
      left: Math.max(box.left, 0), right: Math.min(box.right, innerWidth),
      top: Math.max(box.top, 0), bottom: Math.min(box.bottom, innerHeight),
    };
    if (seen.right <= seen.left || seen.bottom <= seen.top) return true;
    return [0.5, 0.1, 0.9].every((part) => {
      const top = document.elementFromPoint(
        seen.left + (seen.right - seen.left) * part, seen.top + (seen.bottom - seen.top) / 2,
      );
      if (!top) return true;
      const label = [...(element.labels ?? [])].some((one) => one.contains(top) || top.contains(one));
      return !(element.contains(top) || top.contains(element) || label);
    });
  };

  // Also goes back to the beginning: a summary of mistakes takes the focus when the page opens, a dialog gives it to its
  // first control.
  const rememberLooks = () => {
    const order = stops();
    document.activeElement?.blur?.();
    window.__order = order;
    window.__looks = order.map(look);
    if (scope() === document.body) {
      document.body.tabIndex = -1;
      document.body.focus({ preventScroll: true });
      document.body.removeAttribute("tabindex");
    } else {
      order[0].focus();
    }
    return order.map(describe);
  };

  // Where the focus is now: its place in the order, whether it can be seen, and whether something lies over it.
  const focus = () => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const index = window.__order.indexOf(element);
    return {
      index,
      name: describe(element),
      changed: index < 0 || look(element) !== window.__looks[index],
      outlined: hasOutline(element),
      covered: isCovered(element),
    };
  };

  const sideways = () => {
    const page = document.scrollingElement;
    const excess = page.scrollWidth - page.clientWidth;
    if (excess <= 0) return [];
    const width = page.clientWidth;
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => isShown(element) && !isOnlySpoken(element) && element.getBoundingClientRect().right > width + 1,
    );
    return [`${excess} px too wide`, ...wide.slice(-5).map(describe)];
  };

  const clipped = () =>
    [...scope().querySelectorAll("*")].filter((element) => {
      if (!isShown(element) || isOnlySpoken(element) || ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName)) return false;
      const style = getComputedStyle(element);
      const hides = (axis) => ["hidden", "clip"].includes(style[axis]);
      return (hides("overflowX") && element.scrollWidth > element.clientWidth + 1)
        || (hides("overflowY") && element.scrollHeight > element.clientHeight + 1);
    }).map(describe);

  // Lines of text that lie over each other.
  const overlapping = () => {
    const walker = document.createTreeWalker(scope(), NodeFilter.SHOW_TEXT);
    const lines = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (!node.textContent.trim() || !isShown(node.parentElement) || isOnlySpoken(node.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width > 1 && box.height > 1) lines.push({ box, node });
      }
    }
    const found = [];
    for (let i = 0; i < lines.length; i += 1) {
      for (let j = i + 1; j < lines.length; j += 1) {
        const a = lines[i].box;
        const b = lines[j].box;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 2 && down > Math.min(a.height, b.height) * 0.4) {
          found.push(`"${lines[i].node.textContent.trim().slice(0, 30)}" and "${lines[j].node.textContent.trim().slice(0, 30)}"`);
        }
      }
    }
    return found;
  };

  // WCAG 2.5.8: 24 by 24 pixels, or room around it, or a link within a sentence.
  const smallTargets = () => {
    const targets = [...scope().querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((element) => isShown(element) && !isOnlySpoken(element) && !element.disabled)
      .map((element) => ({ element, box: element.getBoundingClientRect() }));
    const centre = ({ box }) => [box.left + box.width / 2, box.top + box.height / 2];
    const isNear = (one, other) => {
      const [x, y] = centre(one);
      const small = other.box.width < 24 || other.box.height < 24;
      if (small) {
        const [a, b] = centre(other);
        if (Math.hypot(x - a, y - b) < 24) return true;
      }
      const dx = Math.max(other.box.left - x, 0, x - other.box.right);
      const dy = Math.max(other.box.top - y, 0, y - other.box.bottom);
      return Math.hypot(dx, dy) < 12;
    };
    const isInSentence = (element) => {
      if (element.tagName !== "A" || getComputedStyle(element).display !== "inline") return false;
      const own = element.textContent.trim();
      const block = element.closest("p, li, dd, dt, td, th, label, figcaption, div");
      return block !== null && block.textContent.trim().length > own.length + 10;
    };
    return targets.filter((target) => {
      const { element, box } = target;
      if (box.width >= 24 && box.height >= 24) return false;
      return !isInSentence(element) && targets.some((other) => other !== target && !element.contains(other.element) && !other.element.contains(element) && isNear(target, other));
    }).map(({ element, box }) => `${describe(element)} ${Math.round(box.width)}x${Math.round(box.height)}`);
  };

  // WCAG 2.5.3: who says aloud what they see must be understood.
  const misnamed = () => {
    const plain = (text) => text.toLocaleLowerCase(document.documentElement.lang).replace(/\s+/g, " ").trim();
    return [...document.querySelectorAll("a[aria-label], button[aria-label]")].filter((element) => {
      const seen = plain(element.innerText ?? "");
      return isShown(element) && seen && !plain(element.getAttribute("aria-label")).includes(seen);
    }).map(describe);
  };

  const facts = () => ({
    language: document.documentElement.lang,
    title: document.title,
    headings: [...document.querySelectorAll("h1")].filter(isShown).length,
    text: document.body.innerText,
    moving: document.getAnimations().length,
    foreign: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith(location.origin)),
  });

  const enlargeText = () => { document.documentElement.style.fontSize = "200%"; };

  const spaceText = () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };

  window.__probes = {
    rememberLooks, focus, sideways, clipped, overlapping, smallTargets, misnamed, facts, enlargeText, spaceText,
  };
})();
