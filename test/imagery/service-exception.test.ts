import { describe, expect, test } from 'vitest'
import { judgeException, readException } from '../../src/imagery/service-exception.ts'
import { owsException, wmsException } from '../fixtures/map-services.ts'

const xmlOf = ({ body }: { readonly body: Uint8Array | string }): string => String(body)

describe('readException', () => {
  const cases = [
    { name: 'WMS 1.1.1', answer: wmsException('1.1.1', 'LayerNotDefined', ' no such\n layer ') },
    { name: 'WMS 1.3.0', answer: wmsException('1.3.0', 'LayerNotDefined', 'no such layer') },
    { name: 'OWS', answer: owsException('LayerNotDefined', 'no such layer') },
  ]
  for (const { name, answer } of cases) {
    test(`${name}: code and text`, () => {
      expect(readException(xmlOf(answer))).toEqual({
        code: 'LayerNotDefined',
        text: 'no such layer',
      })
    })
  }

  test('finds a text without a code', () => {
    const xml =
      '<ServiceExceptionReport><ServiceException>msDrawMap(): busy</ServiceException></ServiceExceptionReport>'
    expect(readException(xml)).toEqual({ code: '', text: 'msDrawMap(): busy' })
  })

  for (const other of ['<!doctype html><p>Hello', '{"error": 1}', '<WMS_Capabilities/>', '']) {
    test(`takes ${JSON.stringify(other)} for no exception`, () => {
      expect(readException(other)).toBeUndefined()
    })
  }
})

describe('judgeException', () => {
  test('a wrong layer is an error with its text', () => {
    expect(judgeException(xmlOf(wmsException('1.3.0', 'InvalidCRS', 'not EPSG:1')))).toMatchObject({
      code: 'service-refused',
      message: expect.stringContaining('InvalidCRS: not EPSG:1') as unknown,
    })
  })

  test('a tile outside the layer is no tile', () => {
    expect(judgeException(xmlOf(owsException('TileOutOfRange', 'row')))).toMatchObject({
      name: 'BadDataError',
      code: 'no-tile',
    })
  })

  test('a service in trouble is asked again', () => {
    expect(judgeException(xmlOf(wmsException('1.1.1', 'NoApplicableCode', 'out of memory')))).toBe(
      'exception of the service: NoApplicableCode: out of memory',
    )
  })
})
