/** Where the thread stands: at its end, at a message, or where the reader left it. */
import { useEffect, useLayoutEffect, useRef, useState } from "../../html.js";
import { hasNewer, hasOlder, loadNewer, loadOlder, loading } from "../../stores/thread.js";

const NEAR = 900;
const AT_END = 48;
const anchors = typeof CSS !== "undefined" && CSS.supports("overflow-anchor: auto");

/** @param {HTMLElement} box */
const fromEnd = (box) => box.scrollHeight - box.clientHeight - box.scrollTop;

/**
 * Loads more near either end and says whether the end is in view.
 *
 * @param {{ current: HTMLElement | null }} ref the box that scrolls
 */
export function useEnds(ref) {
  const [atEnd, setAtEnd] = useState(true);
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const look = () => {
      setAtEnd(fromEnd(box) < AT_END);
      if (loading.peek()) return;
      if (hasOlder.peek() && box.scrollTop < NEAR) {
        if (box.scrollTop === 0) box.scrollTop = 1;
        void loadOlder();
      } else if (hasNewer.peek() && fromEnd(box) < NEAR) void loadNewer();
    };
    const observer = new ResizeObserver(look);
    observer.observe(box);
    if (box.firstElementChild) observer.observe(box.firstElementChild);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, []);
  return atEnd;
}

/**
 * Keeps what is read in its place when older messages come in above; browsers that anchor do it themselves.
 *
 * @param {{ current: HTMLElement | null }} ref
 * @param {string | undefined} firstKey of the first entry
 */
export function useAnchor(ref, firstKey) {
  const before = useRef(0);
  const key = useRef(firstKey);
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return;
    if (!anchors && key.current !== firstKey && before.current) box.scrollTop += box.scrollHeight - before.current;
    key.current = firstKey;
    before.current = box.scrollHeight;
  });
}

/** @param {HTMLElement} box */
export function toEnd(box) {
  box.scrollTop = box.scrollHeight;
}

/** @param {HTMLElement} box @param {string} key bring a question to the top, with room below for its answer */
export function toQuestion(box, key) {
  const exchange = box.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!exchange) return;
  const top = exchange.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += top - 44;
}
