import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "jsdom",
    include: ["widget/test/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    maxWorkers: 2,
    // Busy machines are slow, not wrong.
    testTimeout: 60_000,
  },
});
