/** Hands a file to the browser, which keeps it among the downloads or opens it. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  // A slash in a title is no folder, and no system takes all of the others.
  link.download = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, ' ').trim()
  link.click()
  // Not at once: some browsers begin to read only after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
