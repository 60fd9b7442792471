/** Vite puts the modules in place of this whose files fit the pattern, by their paths: at once, or fetched when called. */
interface ImportMeta {
  glob<Exported>(pattern: string, options: { import: string; eager: true }): Record<string, Exported>
  glob<Exported>(pattern: string, options: { import: string }): Record<string, () => Promise<Exported>>
}
