/** Lint rules for the TypeScript side; `assembly/` is another language with the same syntax. */
import tseslint from "typescript-eslint";

const dynamicImport = {
  selector: "ImportExpression",
  message: "no dynamic import: service workers and extensions refuse it",
};

const exact = "each engine has last bits of its own: src/exact.ts has them the same everywhere";

/** What ECMAScript leaves to the engine: results must not depend on it. A power of two is a number as any other. */
const inexact = [
  {
    selector:
      "MemberExpression[object.name='Math'][property.name=/^(a?(sin|cos|tan)h?|atan2|cbrt|expm?1?|hypot|log(10|1p|2)?|pow|random)$/]",
    message: exact,
  },
  { selector: "BinaryExpression[operator='**'][left.value!=2]", message: exact },
  { selector: "AssignmentExpression[operator='**=']", message: exact },
];

export default tseslint.config(
  { ignores: ["build/", "dist/", "assembly/", "**/node_modules/", "src/generated/", "figures/"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-non-null-assertion": "off",
      eqeqeq: "error",
      "no-restricted-syntax": ["error", dynamicImport],
    },
  },
  {
    files: ["src/**"],
    ignores: ["src/**/*exam.ts"],
    rules: { "no-restricted-syntax": ["error", dynamicImport, ...inexact] },
  },
  {
    files: ["bench/**", "scripts/**", "__tests__/**", "examples/**"],
    rules: { "no-restricted-syntax": "off" },
  },
);
