import { defineConfig } from "vitest/config";

// Busy machines are slow, not wrong.
const testTimeout = 60_000;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "widget",
          environment: "jsdom",
          include: ["widget/test/**/*.test.{ts,tsx}"],
          restoreMocks: true,
          testTimeout,
        },
      },
      {
        test: {
          name: "web",
          environment: "jsdom",
          include: ["web/test/**/*.test.{ts,tsx}"],
          restoreMocks: true,
          testTimeout,
        },
      },
      {
        test: {
          name: "sdk",
          environment: "node",
          include: ["sdk/test/**/*.test.ts"],
          exclude: ["sdk/test/chromium/**"],
          globalSetup: ["sdk/test/support/build.ts"],
          restoreMocks: true,
          testTimeout,
          hookTimeout: testTimeout,
        },
      },
      {
        test: {
          name: "chromium",
          environment: "node",
          include: ["sdk/test/chromium/**/*.test.ts"],
          globalSetup: ["sdk/test/support/build.ts"],
          restoreMocks: true,
          testTimeout,
          hookTimeout: testTimeout,
        },
      },
    ],
  },
});
