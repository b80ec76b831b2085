/** Following the end of a transcript, as long as the reader is there. */
import { type Signal, signal } from "@preact/signals";

/** How far from the end, in pixels, still counts as being there. */
const SLACK = 32;

export class EndFollower {
  /** Whether the end is shown and will go on being shown. */
  readonly isAtEnd: Signal<boolean> = signal(true);
  readonly #observer: ResizeObserver | undefined;
  #top = 0;

  /** `box` scrolls; `content`, its child, grows. */
  constructor(
    private readonly box: HTMLElement,
    content: HTMLElement,
  ) {
    box.addEventListener("scroll", this.#onScroll, { passive: true });
    // A reader who turns the wheel up means it, even if the page moves down meanwhile.
    box.addEventListener("wheel", this.#onWheel, { passive: true });
    if (typeof ResizeObserver !== "undefined") {
      this.#observer = new ResizeObserver(() => this.follow());
      this.#observer.observe(content);
      this.#observer.observe(box);
    }
  }

  /** Show the end again if it was shown before. */
  follow(): void {
    if (this.isAtEnd.peek()) this.#jump();
  }

  /** Show the end, and go on showing it. */
  toEnd(): void {
    this.isAtEnd.value = true;
    this.#jump();
  }

  dispose(): void {
    this.#observer?.disconnect();
    this.box.removeEventListener("scroll", this.#onScroll);
    this.box.removeEventListener("wheel", this.#onWheel);
  }

  #jump(): void {
    this.box.scrollTop = this.box.scrollHeight;
    this.#top = this.box.scrollTop;
  }

  #onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const isUpwards = scrollTop < this.#top;
    this.#top = scrollTop;
    if (scrollHeight - scrollTop - clientHeight <= SLACK) this.isAtEnd.value = true;
    // Text that came between a jump and its event makes the end look far: not the reader's doing.
    else if (isUpwards) this.isAtEnd.value = false;
  };

  #onWheel = (event: WheelEvent) => {
    if (
      event.deltaY < 0 &&
      this.box.scrollHeight > this.box.clientHeight &&
      this.box.scrollTop > 0
    ) {
      this.isAtEnd.value = false;
    }
  };
}
