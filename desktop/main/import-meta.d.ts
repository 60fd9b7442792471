/** Vite puts the modules in place of this whose files fit the pattern, by their paths. */
interface ImportMeta {
  glob<Exported>(pattern: string, options: { import: string; eager: true }): Record<string, Exported>
}
