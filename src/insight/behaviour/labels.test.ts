import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelFigures, readLabels } from './labels.ts'

const scored = (score: number, abnormal: boolean) => ({ score, abnormal, judgedAbnormal: score > 5 })

test('precision, recall, F1, AUC and false alarms are those of the textbook', () => {
  const figures = labelFigures([scored(9, true), scored(7, false), scored(4, true), scored(1, false), scored(0, false)])
  assert.deepEqual(figures, {
    labelled: 5,
    precision: 0.5,
    recall: 0.5,
    f1: 0.5,
    auc: 5 / 6,
    falseAlarmRate: 1 / 3,
  })
})

test('equal scores order nothing, and without one of the kinds nothing is divided', () => {
  assert.equal(labelFigures([scored(3, true), scored(3, false)]).auc, 0.5)
  assert.deepEqual(labelFigures([scored(3, false)]), {
    labelled: 1,
    precision: null,
    recall: null,
    f1: null,
    auc: null,
    falseAlarmRate: 0,
  })
})

test('labels that do not read are told, ones that are left open are not, others count', () => {
  const skipped: string[] = []
  const labels = readLabels(
    [
      '\ufeff{"id":"a","abnormal":true,"class":"x"}\r',
      '',
      'x',
      '{"id":7,"abnormal":false}',
      '{"id":"b"}',
      '[]',
      '{"abnormal":true}',
      '{"id":"c","label":"ignore"}',
      '{"id":"d","label":null,"score":4}',
      '{"id":"e","label":"bad"}',
      '{"id":"f","abnormal":true,"label":"sql injection"}',
    ],
    (line, why) => skipped.push(`${line} ${why}`),
  )
  assert.deepEqual(
    [...labels],
    [
      ['a', 'abnormal'],
      ['7', 'normal'],
      ['c', 'ignore'],
      ['f', 'abnormal'],
    ],
  )
  assert.deepEqual(skipped, [
    '3 not JSON',
    '5 abnormal is neither true nor false',
    '6 its id is no text',
    '7 its id is no text',
    '10 its label is none of normal, abnormal, ignore',
  ])
})
