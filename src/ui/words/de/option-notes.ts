import type { OptionNotes } from '../../chat-settings/option-note.ts';

/** What the options of a model do. The names are those of requests. */
export const optionNotes: OptionNotes = {
  num_ctx:
    'Kontextlänge in Tokens; vorgegeben durch OLLAMA_CONTEXT_LENGTH, begrenzt durch den Kontext, mit dem das Modell trainiert wurde',
  num_batch: 'Höchstzahl der Prompt-Tokens, die in einem Schritt verarbeitet werden',
  num_gpu: 'Anzahl der Schichten auf der GPU; -1: so viele wie möglich',
  num_cpu_moe:
    'Anzahl der ersten Schichten, deren Experten auf der CPU bleiben, während die GPU den Rest berechnet; 0: keine; vorgegeben sind so wenige, dass der Rest passt',
  main_gpu: 'Nummer der GPU, die verwendet wird',
  use_mmap: 'Modelldatei in den Speicher einblenden, statt sie zu lesen',
  use_mlock: 'Gewichte im Speicher festhalten, damit sie nie ausgelagert werden',
  num_parallel: 'Anzahl gleichzeitiger Anfragen; vorgegeben durch OLLAMA_NUM_PARALLEL',
  num_thread: 'Anzahl der CPU-Threads; 0: die Engine wählt',
  draft_num_predict:
    'Höchstzahl der Tokens, die ein Entwurfsmodell oder eine Wiederholung im Text vorausschreibt; 0: aus',
  deterministic:
    'Gleiche Antwort auf gleiche Anfrage (mit temperature 0 oder einem seed), unabhängig von anderen Anfragen und vom Cache; kostet Geschwindigkeit',
  fast_forward:
    'Text, den eine Grammatik oder format eindeutig vorgibt, auf einmal statt Token für Token berechnen; schneller, doch die Antwort kann anders ausfallen',
  num_keep: 'Anzahl der Tokens am Anfang, die bei vollem Kontext erhalten bleiben; -1: der ganze Prompt',
  seed: 'Fester Startwert für wiederholbare Antworten; negativ: ein zufälliger',
  num_predict:
    'Höchstzahl der Tokens in der Antwort; -1: das Zehnfache der Kontextlänge, -2: bis der Kontext voll ist',
  top_k: 'Aus den k wahrscheinlichsten Tokens wählen; 0 oder weniger: aus allen',
  top_p:
    'Aus den wahrscheinlichsten Tokens wählen, deren Wahrscheinlichkeiten zusammen diesen Wert erreichen',
  min_p: 'Tokens weglassen, die unwahrscheinlicher sind als dieser Teil des wahrscheinlichsten',
  typical_p: 'Wahrscheinlichkeitsmasse für lokal typische Auswahl; 1: aus',
  repeat_last_n:
    'Anzahl der letzten Tokens, auf die sich die Strafen beziehen; 0: keine, -1: der ganze Kontext',
  temperature: 'Höhere Werte machen die Ausgabe abwechslungsreicher; 0: immer das wahrscheinlichste Token',
  repeat_penalty: 'Werte über 1 machen schon verwendete Tokens unwahrscheinlicher; 1: aus',
  presence_penalty: 'Einmaliger Abzug für jedes schon verwendete Token; 0: aus',
  frequency_penalty: 'Abzug für jedes frühere Vorkommen; 0: aus',
  mirostat: 'Version von Mirostat, 1 oder 2, das die Überraschung der Ausgabe gleich hält; 0: aus',
  mirostat_tau: 'Zielwert der Überraschung von Mirostat',
  mirostat_eta: 'Lernrate von Mirostat',
  dry_multiplier: 'Stärke von DRY, der Strafe für wiederholte Folgen; 0: aus',
  dry_base: 'Wie schnell die Strafe von DRY mit der Länge der Folge wächst',
  dry_allowed_length: 'Längste wiederholte Folge, die DRY nicht bestraft',
  dry_penalty_last_n: 'Anzahl der letzten Tokens, die DRY betrachtet; 0: keine, -1: der ganze Kontext',
  dry_sequence_breakers: 'Texte, die für DRY eine Folge unterbrechen',
  xtc_probability: 'Wahrscheinlichkeit, mit der XTC die wahrscheinlichsten Tokens weglässt; 0: aus',
  xtc_threshold: 'Mindestwahrscheinlichkeit eines Tokens, das XTC weglassen darf',
  top_n_sigma:
    'Tokens weglassen, die mehr als so viele Standardabweichungen unter dem besten liegen; 0 oder weniger: aus',
  dynatemp_range:
    'Wie weit sich die Temperatur mit der Sicherheit des Modells nach oben oder unten bewegen darf; 0: aus',
  dynatemp_exponent: 'Exponent der Kurve, die der Sicherheit eine Temperatur zuordnet',
  logit_bias:
    'Macht Tokens mehr oder weniger wahrscheinlich: {"TOKEN ODER TEXT": ZAHL}; false verbietet ein Token',
  min_tokens: 'Mindestzahl der Tokens in der Antwort',
  ignore_eos: 'Weiterschreiben, wenn das Modell seine Antwort beenden würde',
  stop: 'Texte, die die Antwort beenden',
  banned_strings: 'Texte, die in der Antwort nicht vorkommen dürfen',
  grammar: 'Eine GBNF-Grammatik, der die Antwort entsprechen muss',
  fixed_json_spaces:
    'JSON von format und erzwungenen Werkzeugaufrufen mit genau einem Leerzeichen nach Doppelpunkt und Komma schreiben; schneller',
  adapter_scale: 'Stärke jedes Adapters; 1, wo keine angegeben ist',
  image_min_tokens: 'Mindestzahl der Tokens eines Bilds, bei Modellen mit Bildern verschiedener Größe',
  image_max_tokens: 'Höchstzahl der Tokens eines Bilds, bei Modellen mit Bildern verschiedener Größe',
};
