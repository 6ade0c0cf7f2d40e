/** Asking the server as somebody who is signed in. A session that lapses under a page in use takes nothing that was typed:
 *  the login comes to the page (LapsedSheet.vue), and what was asked goes on by itself. */
import { ref } from 'vue'
import { get, post, postFile, postForm, Refused, toLogin, Unreachable } from '../shared/ask'

/** Whether somebody has to sign in again before anything goes on. */
export const lapsed = ref(false)
let account = ''
let waiting: (() => void)[] = []

/** From now on the page is in use by this account. */
export function entered(name: string): void {
  account = name
}
/** Whoever used this page is signed in again. */
export function resumed(): void {
  lapsed.value = false
  const those = waiting
  waiting = []
  for (const go of those) go()
}
export const isMine = (name: string): boolean => name === account

/** Ends when somebody is signed in again; never where the page itself goes to the login. */
export function signedIn(): Promise<void> {
  if (account === '') toLogin()
  else lapsed.value = true
  return new Promise((resolve) => waiting.push(resolve))
}

/** What went wrong, in words for who works here. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refused) return error.words
  if (error instanceof Unreachable) return '连不上服务器，请检查网络后再试'
  throw error
}

async function kept<T>(asked: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await asked()
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error
      await signedIn()
    }
  }
}

export const ask = <T>(url: string): Promise<T> => kept(() => get<T>(url))
export const tell = <T>(url: string, body: unknown, key?: string): Promise<T> => kept(() => post<T>(url, body, key))
export const hand = <T>(url: string, file: Blob, name: string, key: string): Promise<T> => kept(() => postFile<T>(url, file, name, key))
export const handForm = <T>(url: string, form: FormData): Promise<T> => kept(() => postForm<T>(url, form))
