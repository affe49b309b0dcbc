import { describe, expect, test } from 'vitest'
import { withoutSignature } from '../../src/imagery/signed-address.ts'

const HOST = 'https://files.example.org/a/b.tif'

/** What services append; `kept` is what is left of it. */
const signed = [
  {
    name: 'Azure',
    query:
      'st=2026-01-01T00%3A00%3A00Z&se=2026-01-02T00%3A00%3A00Z&sp=rl&sv=2025-07-05&sr=c&skoid=1&sktid=2&skt=3&ske=4&sks=b&skv=5&sig=a%2Bb%3D',
  },
  {
    name: 'Amazon, version 4',
    query:
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F2026&X-Amz-Date=2026&X-Amz-Expires=60&X-Amz-Security-Token=t&X-Amz-SignedHeaders=host&X-Amz-Signature=ab12',
  },
  { name: 'Amazon, version 2', query: 'AWSAccessKeyId=AK&Expires=17&Signature=a%2Bb' },
  {
    name: 'Google',
    query:
      'X-Goog-Algorithm=G&X-Goog-Credential=c&X-Goog-Date=d&X-Goog-Expires=9&X-Goog-SignedHeaders=host&X-Goog-Signature=ab',
  },
  { name: 'Google, version 2', query: 'GoogleAccessId=me%40x&Expires=17&Signature=ab' },
  { name: 'CloudFront', query: 'Policy=ey__&Signature=ab~&Key-Pair-Id=K1' },
  { name: 'Alibaba', query: 'OSSAccessKeyId=L&Expires=17&Signature=ab&security-token=t' },
  { name: 'Tencent', query: 'q-sign-algorithm=sha1&q-ak=A&q-key-time=1;2&q-signature=ab' },
  { name: 'Akamai', query: 'hdnts=exp=17~acl=/*~hmac=ab' },
  { name: 'nginx', query: 'md5=ab_c&expires=17' },
  { name: 'a token', query: 'token=abc' },
  { name: 'an access token', query: 'access_token=pk.abc' },
  { name: 'keys', query: 'api_key=1&apikey=2&subscription-key=3&key=AIza4' },
  { name: 'names in escapes and other cases', query: 'x%2Damz%2Dsignature=a&SIG=b' },
]

describe('withoutSignature', () => {
  for (const { name, query } of signed) {
    test(`${name}: the address is left alone`, () => {
      expect(withoutSignature(`${HOST}?${query}`)).toBe(HOST)
    })

    test(`${name}: harmless parameters stay as they are written`, () => {
      const address = `${HOST}?versionId=3&${query}&band=a%20b+c#part`
      expect(withoutSignature(address)).toBe(`${HOST}?versionId=3&band=a%20b+c#part`)
    })
  }

  const plain = [
    HOST,
    `${HOST}?`.slice(0, -1),
    `${HOST}?sv=1&st=2&policy=fast&md5=ab`,
    `${HOST}?design=x&keyword=y&tokens=3&signal=4`,
    `${HOST}?key=maps/a.tif`,
    `${HOST}?token={key}&apikey={key}`,
    `${HOST}?100%&a=%zz`,
    '/data/a.tif?sig=1',
    'C:\\data\\a.tif?token=1',
    './a.tif?token=1',
    '',
  ]
  for (const text of plain) {
    test(`nothing is taken from ${text}`, () => expect(withoutSignature(text)).toBe(text))
  }

  test('name and password are taken out', () => {
    expect(withoutSignature('https://me:pass@files.example.org/a@b.tif?x=1')).toBe(
      'https://files.example.org/a@b.tif?x=1',
    )
  })

  test('what it has left stays as it is', () => {
    const once = withoutSignature(`https://u:p@h/a.tif?sig=1&se=2&x=3&token={key}`)
    expect(once).toBe('https://h/a.tif?x=3&token={key}')
    expect(withoutSignature(once)).toBe(once)
  })
})
