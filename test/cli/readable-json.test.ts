import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatJson } from '../../src/cli/readable-json.ts'

test('lists of numbers, and lists of those, take one line each', () => {
  const shown = {
    bbox: [1, -2.5, 3e-7, 4],
    stretches: {
      'a.tif': [
        [12, 60],
        [0.5, 61],
        [1, 2],
      ],
      'b.tif': [[0, 1]],
    },
    workers: [{ id: 1 }, { id: 2 }],
    names: ['a', 'b'],
    none: [],
  }
  expect(formatJson(shown)).toBe(`{
  "bbox": [1, -2.5, 3e-7, 4],
  "stretches": {
    "a.tif": [[12, 60], [0.5, 61], [1, 2]],
    "b.tif": [[0, 1]]
  },
  "workers": [
    {
      "id": 1
    },
    {
      "id": 2
    }
  ],
  "names": [
    "a",
    "b"
  ],
  "none": []
}`)
})

test('any value is read back as it was, lists in texts too', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('[1 , 2]', '[\n  1\n]'))),
      (value) => {
        expect(JSON.parse(formatJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      },
    ),
  )
})
