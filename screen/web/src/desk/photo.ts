/** Photos are made small on the phone: a village's signal carries 0.3 MB where it would not carry 8. */

const LONGEST = 1600
const QUALITY = 0.8

export interface Photo {
  blob: Blob
  url: string
  kb: number
}

/** A JPEG of at most 1600 pixels, turned upright; throws when the file is not a picture. */
export async function shrink(file: Blob): Promise<Photo> {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const factor = Math.min(1, LONGEST / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * factor)
  canvas.height = Math.round(picture.height * factor)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return fromCanvas(canvas)
}

export async function fromCanvas(canvas: HTMLCanvasElement): Promise<Photo> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
  if (blob === null) throw new Error('no picture')
  return { blob, url: URL.createObjectURL(blob), kb: Math.max(1, Math.round(blob.size / 1024)) }
}
