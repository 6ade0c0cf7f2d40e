/** Asking the server as somebody who is signed in: a lapsed session leads to the login and back here. */
import { printed } from '../shared/format'
import { get, post, Refused, toLogin, Unreachable } from '../shared/ask'

/** What went wrong, in words for who works here. */
export function wordsOf(error: unknown): string {
  if (error instanceof Refused) return printed(error.words)
  if (error instanceof Unreachable) return '连不上服务器，请检查网络后再试'
  throw error
}

async function kept<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Refused && error.status === 401) toLogin()
    throw error
  }
}

export const ask = <T>(url: string): Promise<T> => kept(get<T>(url))
export const tell = <T>(url: string, body: unknown, key?: string): Promise<T> => kept(post<T>(url, body, key))
