// The picture of the webcam with the skeleton over it, mirrored, on one canvas that can also be filmed.

const MIN_VISIBILITY = 0.5;
const [LINE, DOT] = [4, 5]; // pixels of the picture

export class Film {
  /** canvas: element; video: the camera. */
  constructor(canvas, video) {
    Object.assign(this, { canvas, video, context: canvas.getContext("2d") });
  }

  /** Draw the current picture. landmarks: [{x, y, visibility}] with x and y from 0 to 1, or null; shape: {joints, bones}; picture: in which the landmarks were found. */
  draw(landmarks, shape, picture = this.video) {
    const { canvas, video, context } = this;
    const [width, height] = [video.videoWidth, video.videoHeight];
    if (!width) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.save();
    context.scale(-1, 1);
    context.drawImage(picture, -width, 0, width, height);
    context.restore();
    if (!landmarks) return;
    const side = (index) => ["left", "right"].find((one) => shape.joints[index].includes(one)) ?? "middle";
    const colour = { left: "#ff9c52", right: "#6fb1ff", middle: "#ffffff" }; // on pictures, as in dark colours
    const seen = landmarks.map(({ visibility }) => visibility === undefined || visibility >= MIN_VISIBILITY);
    const at = ({ x, y }) => [(1 - x) * width, y * height];
    context.lineCap = "round";
    for (const [width_, dark] of [[LINE + 3, true], [LINE, false]])
      for (const [child, parent] of shape.bones) {
        if (!seen[child] || !seen[parent]) continue;
        context.beginPath();
        context.moveTo(...at(landmarks[child]));
        context.lineTo(...at(landmarks[parent]));
        context.lineWidth = width_;
        context.strokeStyle = dark ? "rgb(0 0 0 / 55%)" : colour[side(child) === side(parent) ? side(child) : "middle"];
        context.stroke();
      }
    landmarks.forEach((landmark, index) => {
      if (!seen[index]) return;
      context.beginPath();
      context.arc(...at(landmark), DOT, 0, 2 * Math.PI);
      context.fillStyle = colour[side(index)];
      context.fill();
    });
  }
}
