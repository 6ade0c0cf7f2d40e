/** Photos are made small on the phone: a village's signal carries 0.3 MB where it would not carry 8. */
import type { Fix } from './place'

const LONGEST = 1600
const QUALITY = 0.8

/** What a photo is of: the spot itself, the street around it, or something by which the place is known again. */
export type View = 'near' | 'far' | 'reference'
export const VIEW_NAME: Record<View, string> = { near: '近景', far: '远景', reference: '参照物' }
const VIEWS: View[] = ['near', 'far', 'reference']

export interface Photo {
  blob: Blob
  url: string
  kb: number
  view: View
  takenAt: string
  fix: Fix
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

/** A JPEG of at most 1600 pixels, turned upright; throws when the file is not a picture. */
export async function shrink(file: File, view: View): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const factor = Math.min(1, LONGEST / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * factor)
  canvas.height = Math.round(picture.height * factor)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return fromCanvas(canvas, view, new Date(file.lastModified))
}

export async function fromCanvas(canvas: HTMLCanvasElement, view: View, at = new Date()): Promise<Photo> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
  if (blob === null) throw new Error('no picture')
  const kb = Math.max(1, Math.round(blob.size / 1024))
  return { blob, url: URL.createObjectURL(blob), kb, view, takenAt: at.toISOString(), fix: {} }
}
