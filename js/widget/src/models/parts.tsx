/** Small things that the panel is made of. */
import type { ComponentChildren, JSX } from "preact";
import { Notice } from "../shared/Notice";

type ButtonProps = JSX.IntrinsicElements["button"] & { look?: "primary" | "danger" };

/** A button with a word on it. */
export function Button({ look, ...props }: ButtonProps) {
  return <button type="button" class={`realm-button${look ? ` realm-${look}` : ""}`} {...props} />;
}

/** A part of the panel under its heading. */
export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="realm-models-section" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface ProblemProps {
  text: string | undefined;
  onDismiss?: () => void;
}

/** What went wrong, where it went wrong; nothing without a text. */
export function Problem({ text, onDismiss }: ProblemProps) {
  if (!text) return null;
  return <Notice tone="danger" role="alert" text={text} onDismiss={onDismiss} />;
}

/** Return what takes the focus to the panel's heading, for when what had it is about to go. */
export function homeOf(el: Element | null): () => void {
  const heading = el?.closest(".realm-models")?.querySelector("h2");
  return () => heading?.focus({ preventScroll: true });
}
