import type { Words } from './words.ts';

/** All words of the page in Traditional Chinese. */
export const zhTw: Words = {
  language: '繁體中文',
  pages: {
    chat: '對話',
    models: '模型',
    engine: '引擎',
    compare: '比較',
    settings: '設定',
  },
  app: {
    skip: '跳到內容',
    navigation: '頁面',
    loading: '載入中',
    noPage: '沒有這個頁面。',
    pageNotLoaded: '伺服器沒有回應。重新載入此頁。',
    close: '關閉',
  },
  key: {
    title: '此伺服器需要 API 金鑰',
    why: '向伺服器的管理者索取。',
    label: 'API 金鑰',
    enter: '登入',
  },
  chat: {},
  composer: {},
  answer: {},
  models: {},
  engine: {},
  compare: {},
  probabilities: {},
  settings: {},
};
