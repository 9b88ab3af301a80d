/** Runs TypeScript as ES modules: NODE_OPTIONS=--experimental-vm-modules jest */
export default {
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  testEnvironment: "node",
  maxWorkers: "100%",
  modulePathIgnorePatterns: ["<rootDir>/(build|dist|bench)/"],
  extensionsToTreatAsEsm: [".ts"],
  // Sources import "./x.js", as Node and browsers will; what lies there is x.ts.
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript", explicitResourceManagement: true },
          target: "es2022",
        },
        module: { type: "es6" },
      },
    ],
  },
};
