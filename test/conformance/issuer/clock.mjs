// Loaded into a city under test: on SIGUSR2 its clock jumps ahead, so that no test has to wait for something to expire.
const AHEAD_MS = 122_000
const Real = Date
let offset = 0

class Ahead extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + offset)
    else super(...given)
  }

  static now() {
    return Real.now() + offset
  }

  static [Symbol.hasInstance](value) {
    return Object.prototype.toString.call(value) === '[object Date]'
  }
}
globalThis.Date = Ahead
process.on('SIGUSR2', () => {
  offset += AHEAD_MS
})
