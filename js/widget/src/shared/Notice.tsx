/** A line that stands out: something went well, went wrong, or is not there any more. */
import type { ComponentChildren } from "preact";
import type { WidgetContext } from "./context";
import { IconButton } from "./IconButton";
import { Icon } from "./icons";

const ICONS = { good: "check", danger: "warning", warning: "unplugged" } as const;

interface NoticeProps {
  tone: keyof typeof ICONS;
  text: ComponentChildren;
  role?: "alert" | "status";
  onDismiss?: (() => void) | undefined;
  /** What can be done about it. */
  children?: ComponentChildren;
}

export function Notice({ tone, text, role, onDismiss, children }: NoticeProps) {
  return (
    <div class={`realm-notice realm-notice-${tone}`} role={role}>
      <Icon name={ICONS[tone]} />
      <span dir="auto">{text}</span>
      {children}
      {onDismiss ? <IconButton icon="close" label="Dismiss" onClick={onDismiss} /> : null}
    </div>
  );
}

/** Says that the kernel is gone or silent; nothing while it answers. */
export function Disconnected({ context }: { context: WidgetContext }) {
  const link = context.link.value;
  if (link === "up") return null;
  if (link === "closed") {
    const text = "Disconnected: the kernel is gone. Run the cell again for a new one.";
    return <Notice tone="warning" role="status" text={text} />;
  }
  return (
    <Notice
      tone="warning"
      role="status"
      text="Disconnected: the kernel does not answer. It is busy, or was restarted: then run the cell again."
    >
      <button type="button" class="realm-button" onClick={() => void context.ping()}>
        Try again
      </button>
    </Notice>
  );
}
