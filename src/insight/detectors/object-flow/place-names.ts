// Hot path: for every identifier of every exchange.

const operationsMax = 4096
const fieldsMax = 64

/** Names a place where ids stand: `OPERATION MARK FIELD`. Put together once, since joining and hashing a name costs more than all else about an id. */
export function createPlaceNames(mark: string): (operation: string, field: string | number) => string {
  const known = new Map<string, Map<string | number, string>>()
  return (operation, field) => {
    let places = known.get(operation)
    if (places === undefined) {
      if (known.size >= operationsMax) known.clear()
      known.set(operation, (places = new Map()))
    }
    let name = places.get(field)
    if (name === undefined) {
      name = `${operation} ${mark}${field}`
      if (places.size < fieldsMax) places.set(field, name)
    }
    return name
  }
}
