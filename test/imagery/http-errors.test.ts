import { expect, test } from 'vitest'
import { unavailable } from '../../src/imagery/http-errors.ts'

const url = 'https://tiles.example.org/1/0/0?key={key}'

test.each(['ENOTFOUND', 'ECONNREFUSED'])(
  '%s says to look at the address, not to wait',
  (failure) => {
    expect(unavailable({ url }, failure, 5)).toMatchObject({
      code: 'tiles-unavailable',
      hint: expect.stringContaining('check the address') as unknown,
    })
  },
)

test.each(['503', 'ECONNRESET'])('%s says to wait, or to ask less often', (failure) => {
  expect(unavailable({ url }, failure, 5).hint).toMatch(/later.*requestsPerSecond/)
})
