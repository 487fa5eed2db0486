import { frameLoop, QRCamera, QRCanvas } from 'qr/dom.js'

export type CameraTrouble = 'denied' | 'none'

// Sharp enough for a dense code on a screen at arm's length, light enough to decode many times a second.
const REAR: MediaTrackConstraints = {
  facingMode: 'environment',
  width: { ideal: 1280 },
  height: { ideal: 720 },
}

/**
 * Reads QR codes from the camera until `stop`.
 *
 * @param onText called for each reading; the same code is read many times a second
 * @throws CameraError when there is no camera to be had
 */
export async function startCamera(
  video: HTMLVideoElement,
  onText: (text: string) => void,
): Promise<() => void> {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraError('none')
  const stream = await navigator.mediaDevices.getUserMedia({ video: REAR }).catch((error: unknown) => {
    const refused = error instanceof DOMException && ['NotAllowedError', 'SecurityError'].includes(error.name)
    throw new CameraError(refused ? 'denied' : 'none')
  })
  const camera = new QRCamera(video, stream)
  const canvas = new QRCanvas()
  let reading = false
  const cancel = frameLoop(async () => {
    if (reading) return
    reading = true
    try {
      // In the camera's own pixels: at the size it is shown, a dense code would be squeezed beyond reading.
      const text = await camera.readFrame(canvas, true)
      if (typeof text === 'string' && text) onText(text)
    } catch {
      // A frame without a readable code; the next one comes in a moment.
    } finally {
      reading = false
    }
  }, video)
  return () => {
    cancel()
    camera.stop()
  }
}

export class CameraError extends Error {
  readonly trouble: CameraTrouble
  constructor(trouble: CameraTrouble) {
    super(trouble)
    this.trouble = trouble
  }
}
