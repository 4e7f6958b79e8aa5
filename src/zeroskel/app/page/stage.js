// The skeleton in three dimensions, which can be rotated and zoomed.
import {
  AmbientLight, Color, CylinderGeometry, DirectionalLight, GridHelper, InstancedMesh, Matrix4, MeshLambertMaterial,
  OrbitControls, PerspectiveCamera, Quaternion, Scene, SphereGeometry, Spherical, Vector3, WebGLRenderer,
} from "./vendor/three.js";
import { COLOURS, name } from "./people.js";

const UP = new Vector3(0, 1, 0);
const HIDDEN = new Matrix4().makeScale(0, 0, 0);

export class Stage {
  #meshes = [];
  #labels = []; // name of each body that is a person: {body, element}
  #tops = []; // highest joint of each body
  #waiting = false;

  /** canvas: element to draw on, names: element above it; the browser must support WebGL. */
  constructor(canvas, names) {
    Object.assign(this, { canvas, names, people: [] });
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.scene = new Scene();
    this.camera = new PerspectiveCamera(40, 1, 0.01, 200);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.#draw());
    const sun = new DirectionalLight(0xffffff, 1.5);
    sun.position.set(1, 3, -2);
    this.scene.add(new AmbientLight(0xffffff, 2), sun);
    canvas.style.touchAction = "pan-y"; // one finger scrolls the page; two fingers rotate the skeleton
    canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
  }

  /** Show bodies of a layout. The camera is aimed at the frames [body][joint], or at room, two corners of a box. */
  show({ joints, bones, frames, room = frames.flat(2) }) {
    this.joints = joints;
    this.bones = bones;
    this.bodies = Math.max(...frames.map((frame) => frame.length), 1);
    this.#tops = [];
    this.people = [];
    this.#name();
    this.#build();
    this.#lookAt(room, this.#facing(frames));
  }

  /** Name bodies and give them colours. people: number of the person of each body, undefined for nobody; empty for no names. */
  identify(people) {
    if (!this.joints || JSON.stringify(people) === JSON.stringify(this.people)) return;
    this.people = people;
    this.#name();
    this.recolour();
  }

  /** Draw one frame: [body][joint] = [x, y, z] or null. */
  pose(frame) {
    if (!this.joints) return;
    if (frame.length > this.bodies) {
      this.bodies = frame.length;
      this.#build();
    }
    const from = new Vector3(), to = new Vector3(), turn = new Quaternion(), matrix = new Matrix4(), along = new Vector3();
    for (let body = 0; body < this.bodies; body++) {
      const pose = frame[body] ?? [];
      this.#tops[body] = pose.reduce((top, at) => (at && (!top || at[1] > top[1]) ? at : top), null);
      this.joints.forEach((_, joint) => {
        const at = pose[joint];
        this.dots.setMatrixAt(body * this.joints.length + joint, at ? matrix.makeTranslation(...at) : HIDDEN);
      });
      this.bones.forEach(([child, parent], bone) => {
        const index = body * this.bones.length + bone;
        if (!pose[child] || !pose[parent]) return this.sticks.setMatrixAt(index, HIDDEN);
        from.fromArray(pose[parent]);
        to.fromArray(pose[child]);
        const length = along.subVectors(to, from).length() || 1e-6;
        turn.setFromUnitVectors(UP, along.divideScalar(length));
        matrix.compose(from.add(to).multiplyScalar(0.5), turn, new Vector3(1, length, 1));
        this.sticks.setMatrixAt(index, matrix);
      });
    }
    this.dots.instanceMatrix.needsUpdate = this.sticks.instanceMatrix.needsUpdate = true;
    this.#draw();
  }

  /** Read the colours of the page again after a change between light and dark. */
  recolour() {
    if (!this.joints) return;
    const colours = Object.fromEntries(["left", "right", "middle", "line"].map((name) => [name, this.#token(name)]));
    const of = (name) => (name.includes("left") ? "left" : name.includes("right") ? "right" : "middle");
    const own = new Map(this.#labels.map(({ body }) => [body, this.#token(`person-${this.people[body] % COLOURS}`)]));
    for (let body = 0; body < this.bodies; body++) {
      const colour = (side) => (side === "middle" && own.get(body)) || colours[side];
      this.joints.forEach((name, joint) => this.dots.setColorAt(body * this.joints.length + joint, colour(of(name))));
      this.bones.forEach(([child, parent], bone) => {
        const [a, b] = [this.joints[child], this.joints[parent]];
        const side = of(a) === "middle" ? of(b) : of(b) === "middle" || of(a) === of(b) ? of(a) : "middle";
        this.sticks.setColorAt(body * this.bones.length + bone, colour(side));
      });
    }
    this.dots.instanceColor.needsUpdate = this.sticks.instanceColor.needsUpdate = true;
    this.grid?.material.color.set(colours.line);
    this.#draw();
  }

  #name() {
    this.#labels = [...this.people.keys()].filter((body) => this.people[body] !== undefined).map((body) => {
      const element = document.createElement("span");
      element.className = `person person-${this.people[body] % COLOURS}`;
      element.textContent = name(this.people[body]);
      return { body, element };
    });
    this.names.replaceChildren(...this.#labels.map(({ element }) => element));
  }

  /** Move the names to the heads. */
  #place() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    for (const { body, element } of this.#labels) {
      const top = this.#tops[body];
      element.hidden = !top;
      if (!top) continue;
      const { x, y } = new Vector3(...top).project(this.camera);
      const left = Math.min(Math.max(((x + 1) / 2) * width - element.offsetWidth / 2, 0), width - element.offsetWidth);
      const above = Math.min(Math.max(((1 - y) / 2) * height - element.offsetHeight - 12, 0), height - element.offsetHeight);
      element.style.transform = `translate(${left}px, ${above}px)`;
    }
  }

  #token(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const colour = new Color(getComputedStyle(probe).color);
    probe.remove();
    return colour;
  }

  #build() {
    for (const mesh of this.#meshes) {
      this.scene.remove(mesh);
      mesh.dispose();
    }
    this.dots = new InstancedMesh(new SphereGeometry(0.028, 16, 12), new MeshLambertMaterial(), this.bodies * this.joints.length);
    this.sticks = new InstancedMesh(new CylinderGeometry(0.016, 0.016, 1, 10), new MeshLambertMaterial(), this.bodies * this.bones.length);
    this.#meshes = [this.dots, this.sticks];
    for (const mesh of this.#meshes) {
      mesh.frustumCulled = false;
      this.scene.add(mesh);
    }
    this.recolour();
  }

  #lookAt(points, facing) {
    const low = new Vector3(Infinity, Infinity, Infinity), high = low.clone().negate(), at = new Vector3();
    for (const point of points) {
      if (!point) continue;
      low.min(at.fromArray(point));
      high.max(at);
    }
    if (!Number.isFinite(low.x)) return;
    if (this.grid) this.scene.remove(this.grid);
    this.grid = new GridHelper(8, 16);
    this.grid.material.vertexColors = false;
    this.grid.position.set((low.x + high.x) / 2, low.y, (low.z + high.z) / 2);
    this.scene.add(this.grid);
    const middle = low.clone().add(high).multiplyScalar(0.5);
    const width = Math.hypot(high.x - low.x, high.z - low.z) * 0.9;
    const size = Math.max(high.y - low.y, width / this.camera.aspect, 0.3);
    const front = facing ?? new Vector3(0, 0, -1);
    front.applyAxisAngle(UP, 0.35).setY(0.18).normalize();
    this.controls.target.copy(middle);
    this.camera.position.copy(middle).addScaledVector(front, size * 1.6 + Math.max(width - 1, 0) / 2); // people in front are nearer
    this.controls.update();
    this.controls.saveState();
    this.recolour();
  }

  /** Return the direction that the first body faces: perpendicular to the line from its right to its left hip or shoulder. */
  #facing(frames) {
    for (const [body] of frames)
      for (const pair of [["hip_left", "hip_right"], ["shoulder_left", "shoulder_right"]]) {
        const [left, right] = pair.map((name) => body?.[this.joints.indexOf(name)]);
        if (!left || !right) continue;
        const across = new Vector3().fromArray(left).sub(new Vector3().fromArray(right)).setY(0);
        if (across.length() > 1e-3) return across.normalize().cross(UP);
      }
    return null;
  }

  #key(event) {
    const turn = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    const zoom = { "+": 0.9, "=": 0.9, "-": 1.1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(turn || zoom || event.key === "0")) return;
    event.preventDefault();
    if (event.key === "0") return this.controls.reset();
    const round = new Spherical().setFromVector3(this.camera.position.clone().sub(this.controls.target));
    if (turn) {
      round.theta += turn[0];
      round.phi = Math.min(Math.max(round.phi + turn[1], 0.05), Math.PI - 0.05);
    } else round.radius *= zoom;
    this.camera.position.setFromSpherical(round).add(this.controls.target);
    this.controls.update();
    this.#draw();
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.#draw();
  }

  #draw() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.renderer.render(this.scene, this.camera);
      this.#place();
    });
  }
}
