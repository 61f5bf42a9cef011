const a = (n: number): string => "a".repeat(n);

/** Patterns on which a backtracking engine takes exponential or high polynomial time, each with a text that shows it. */
export const redosPatterns: readonly (readonly [pattern: string, text: string])[] = [
  ["(a+)+b", a(40)],
  ["(a*)*b", a(40)],
  ["(a|a)*b", a(40)],
  ["(a|aa)+b", a(60)],
  ["(a|a?)+b", a(40)],
  ["(.*a){12}b", a(40)],
  ["(.*a){20}b", a(60)],
  ["([a-zA-Z]+)*1", a(40)],
  ["^(([a-z])+.)+[A-Z]([a-z])+", a(40)],
  ["(\\w+\\s?)*!", `${a(20)} ${a(20)}`],
  ["(\\d+)*x", "1".repeat(40)],
  ["(?:x+x+)+y", "x".repeat(50)],
  ["(?:a+){10}c", a(60)],
  [".*.*.*.*.*=.*x", "=".repeat(300)],
  ["a*a*a*a*a*a*b", a(200)],
  ["(?:.*,){11}P", "1,".repeat(40)],
  ["([^@]+@)*[^@]+!", "a@".repeat(30)],
  ["(?i)(k+)+z", "kK".repeat(30)],
  ["(?:[a-c]|[b-d])*e", "b".repeat(40)],
  ["(?:a{1,3}){1,5}(?:a+)*b", a(50)],
  ["^\\s+|(\\s+)+$|z", `${" ".repeat(300)}x`],
  ["([\\w.-]+)+@([\\w-]+\\.)+x", `${a(40)}@`],
  ["(?:(?:a?){8}){2}a{16}b", a(30)],
  ["(?U)(a+)+b", a(40)],
];
