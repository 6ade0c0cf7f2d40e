/** Photos are made small on the phone: a village's signal carries 0.3 MB where it would not carry 8. */
import { markRaw } from 'vue'
import { newKey } from './ask'
import type { Fix } from './place'

const LONGEST = 1600
const QUALITIES = [0.8, 0.65, 0.5, 0.35]
const MOST_BYTES = 1_000_000

/** What a photo is of: the spot itself, the street around it, or something by which the place is known again. */
export type View = 'near' | 'far' | 'reference'
export const VIEW_NAME: Record<View, string> = { near: '近景', far: '远景', reference: '参照物' }
const VIEWS: View[] = ['near', 'far', 'reference']

export interface Photo {
  id: string
  blob: Blob
  url: string
  kb: number
  view: View
  takenAt: string
  fix: Fix
  /** Still to be marked with place and time: it may not leave yet. */
  pending?: boolean
  canvas?: HTMLCanvasElement | undefined
}

/** What is told of a photo beside its picture, as the server takes it. */
export type Details = { view: View; phase?: 'before' | 'after'; taken_at: string } & Partial<Fix>

export function detailsOf(photo: Photo, phase?: 'before' | 'after'): Details {
  return { view: photo.view, ...(phase === undefined ? {} : { phase }), taken_at: photo.takenAt, ...photo.fix }
}

/** The view that a next photo most likely has: the first is near, the second far, the third a landmark. */
export function nextView(photos: Photo[]): View {
  return VIEWS.find((view) => !photos.some((photo) => photo.view === view)) ?? 'near'
}

/** A photo that was on its way already, as it was. */
export function restored(blob: Blob, told: Details | undefined): Photo {
  const { view, taken_at: takenAt, phase: _, ...fix }: Details = told ?? { view: 'near', taken_at: new Date().toISOString() }
  return { id: newKey(), blob, url: URL.createObjectURL(blob), kb: Math.max(1, Math.round(blob.size / 1024)), view, takenAt, fix: fix as Fix }
}

/** Draws what a camera or a file shows, no side longer than 1600 pixels. What else a file carried (EXIF) stays behind. */
export function drawn(from: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const factor = Math.min(1, LONGEST / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(width * factor)
  canvas.height = Math.round(height * factor)
  canvas.getContext('2d')?.drawImage(from, 0, 0, canvas.width, canvas.height)
  return canvas
}

/** A JPEG of at most 1600 pixels, turned upright; throws when the file is not a picture. */
export async function shrink(file: File, view: View): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const canvas = drawn(picture, picture.width, picture.height)
  picture.close()
  return fromCanvas(canvas, view, new Date(file.lastModified))
}

export async function fromCanvas(canvas: HTMLCanvasElement, view: View, at = new Date()): Promise<Photo> {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { id, ...(await encoded(canvas)), view, takenAt: at.toISOString(), fix: {}, canvas: markRaw(canvas) }
}

/** The canvas as a JPEG of at most 1 MB. */
export async function encoded(canvas: HTMLCanvasElement): Promise<Pick<Photo, 'blob' | 'url' | 'kb'>> {
  let blob: Blob | null = null
  for (const quality of QUALITIES) {
    blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
    if (blob === null) throw new Error('no picture')
    if (blob.size <= MOST_BYTES) break
  }
  if (blob === null) throw new Error('no picture')
  return { blob, url: URL.createObjectURL(blob), kb: Math.max(1, Math.round(blob.size / 1024)) }
}
