/** Lint rules for the TypeScript side; `assembly/` is another language with the same syntax. */
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["build/", "dist/", "assembly/", "**/node_modules/", "src/generated/", "figures/"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-non-null-assertion": "off",
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "ImportExpression",
          message: "no dynamic import: service workers and extensions refuse it",
        },
      ],
    },
  },
  {
    files: ["bench/**", "scripts/**", "__tests__/**", "examples/**"],
    rules: { "no-restricted-syntax": "off" },
  },
);
