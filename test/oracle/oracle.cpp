// Reference values from llama.cpp's own multimodal library (libmtmd), for the tests of our encoders and of our preparation of
// pictures and sound. Built by scripts/media-oracle.mjs against the prebuilt libraries that we ship, so that both sides compute
// with the same kernels.
//
//   oracle encode MMPROJ ATTENTION THREADS REPEATS KIND WIDTH HEIGHT INPUT OUTPUT
//     ATTENTION  auto, off or on (flash attention)
//     KIND       rgb: INPUT has WIDTH x HEIGHT pixels of 3 bytes, of a size that the model takes as it is
//                floats: INPUT has the same as float32, prepared (as `prepare` writes it)
//                mel: INPUT has HEIGHT bins x WIDTH frames as float32, bin by bin
//                A suffix such as "rgb+separator" marks the global view of DeepSeek-OCR.
//     OUTPUT     rows as float32; standard output: {"rows", "width", "milliseconds": [one per repeat],
//                "processorMilliseconds": [one per repeat, of all threads]}
//   oracle prepare MMPROJ TEXTMODEL LEAST MOST WIDTH HEIGHT INPUT OUTPUT
//   oracle prepare-sound MMPROJ TEXTMODEL SAMPLES INPUT OUTPUT
//     TEXTMODEL  GGUF file, of which only the vocabulary is used
//     LEAST MOST limits on the tokens of an image; -1: the model's
//     INPUT      RGB, 8 bit; or mono samples as float32
//     OUTPUT     pieces after each other, as float32; standard output: a list of {"text", "tokens"} and
//                {"pieces": [{"width", "height"}], "columns", "lines", "tokens", "positions"}
//   oracle generate MMPROJ TEXTMODEL ATTENTION TOKENS PROMPT [KIND WIDTH HEIGHT INPUT]...
//     Answers a prompt greedily: libmtmd as a whole, with the settings that it has by itself, and llama.cpp's decodes.
//     ATTENTION  of the encoder: auto, off or on
//     TOKENS     maximum number of tokens of the answer
//     PROMPT     text with <__media__> for each medium
//     KIND       rgb: INPUT has WIDTH x HEIGHT pixels of 3 bytes; sound: INPUT has WIDTH mono samples as float32
//                standard output: {"promptTokens", "tokens": [{"bytes", "isEnd", "logprob", "lead"}]}; lead = the logit of the
//                token minus that of the second likeliest
#include "mtmd.cpp"  // Not the header: the pieces of a chunk are private to that file.
#include "mtmd-helper.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>

// The helper library computes digests of files that it reads itself, which the oracle never asks it to do.
std::string hash_sha256_hex(const void *, size_t) { throw std::logic_error("not used"); }

static std::vector<uint8_t> read_file(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return std::vector<uint8_t>((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

static std::vector<float> read_floats(const std::string & path) {
    const auto bytes = read_file(path);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

static void write_floats(std::ofstream & file, const std::vector<float> & values) {
    file.write(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float));
}

static std::string json_text(const std::string & text) {
    std::string result = "\"";
    for (const unsigned char character : text) {
        char escape[8];
        if (character < 0x20 || character == '"' || character == '\\') {
            snprintf(escape, sizeof(escape), "\\u%04x", character);
            result += escape;
        } else {
            result += static_cast<char>(character);
        }
    }
    return result + "\"";
}

static void quiet(ggml_log_level level, const char * text, void *) {
    if (level >= GGML_LOG_LEVEL_ERROR && level != GGML_LOG_LEVEL_CONT) fputs(text, stderr);
}

static clip_image_f32 input_of(const clip_ctx * ctx, const std::string & kind, clip_image_size size, const std::string & path) {
    clip_image_f32 image;
    if (kind.rfind("rgb", 0) == 0) {
        clip_image_u8 pixels;
        pixels.set_size(size, false);
        pixels.cpy_buf(read_file(path));
        image.from_u8(pixels);
        const auto * parameters = clip_get_hparams(ctx);
        image.normalize(parameters->image_mean, parameters->image_std);
    } else {
        image.set_size(size, true, kind == "mel");
        image.cpy_buf(read_floats(path));
    }
    image.add_viewsep = kind.find("+separator") != std::string::npos;
    return image;
}

static int encode(char ** arguments) {
    const std::string mmproj = arguments[0], attention = arguments[1], kind = arguments[4];
    const int threads = std::stoi(arguments[2]), repeats = std::stoi(arguments[3]);
    clip_context_params params{};
    params.flash_attn_type = attention == "on"    ? CLIP_FLASH_ATTN_TYPE_ENABLED
                             : attention == "off" ? CLIP_FLASH_ATTN_TYPE_DISABLED
                                                  : CLIP_FLASH_ATTN_TYPE_AUTO;
    params.image_min_tokens = -1;
    params.image_max_tokens = -1;
    const auto contexts = clip_init(mmproj.c_str(), params);
    clip_ctx * ctx = kind == "mel" ? contexts.ctx_a : contexts.ctx_v;
    if (!ctx) throw std::runtime_error("the projector does not load");
    clip_image_f32_batch batch;
    batch.is_audio = kind == "mel";
    batch.entries.push_back(input_of(ctx, kind, {std::stoi(arguments[5]), std::stoi(arguments[6])}, arguments[7]));
    const size_t width = clip_n_mmproj_embd(ctx);
    // Not filled unless it has the size already.
    std::vector<float> rows(width * clip_n_output_tokens(ctx, &batch.entries[0]));
    std::string times, processor_times;
    for (int repeat = 0; repeat < repeats; repeat++) {
        const auto start = std::chrono::steady_clock::now();
        const clock_t processor_start = clock();
        if (!clip_image_batch_encode(ctx, threads, &batch, rows)) throw std::runtime_error("cannot encode");
        const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
        const char * separator = repeat ? "," : "";
        times += separator + std::to_string(time.count());
        processor_times += separator + std::to_string((clock() - processor_start) * 1000.0 / CLOCKS_PER_SEC);
    }
    std::ofstream output(arguments[8], std::ios::binary);
    write_floats(output, rows);
    printf("{\"rows\":%zu,\"width\":%zu,\"milliseconds\":[%s],\"processorMilliseconds\":[%s]}\n", rows.size() / width, width,
           times.c_str(), processor_times.c_str());
    return 0;
}

static std::string describe(mtmd_context * ctx, const mtmd_input_chunk * chunk, std::ofstream & output) {
    if (chunk->type == MTMD_INPUT_CHUNK_TYPE_TEXT) {
        std::string text, tokens;
        for (const llama_token token : chunk->tokens_text) {
            char piece[256];
            const int length = llama_token_to_piece(ctx->vocab, token, piece, sizeof(piece), 0, true);
            text.append(piece, std::max(length, 0));
            tokens += (tokens.empty() ? "" : ",") + std::to_string(token);
        }
        return "{\"text\":" + json_text(text) + ",\"tokens\":[" + tokens + "]}";
    }
    const bool is_image = chunk->type == MTMD_INPUT_CHUNK_TYPE_IMAGE;
    const auto & batch = is_image ? chunk->tokens_image->batch_f32 : chunk->tokens_audio->batch_f32;
    std::string pieces;
    for (const auto & entry : batch.entries) {
        write_floats(output, entry.get_ro_buf());
        pieces += std::string(pieces.empty() ? "" : ",") + "{\"width\":" + std::to_string(entry.nx()) +
                  ",\"height\":" + std::to_string(entry.ny()) + "}";
    }
    const unsigned columns = is_image ? chunk->tokens_image->nx : chunk->tokens_audio->n_tokens;
    const unsigned lines = is_image ? chunk->tokens_image->ny : 1;
    return "{\"pieces\":[" + pieces + "],\"columns\":" + std::to_string(columns) + ",\"lines\":" + std::to_string(lines) +
           ",\"tokens\":" + std::to_string(mtmd_input_chunk_get_n_tokens(chunk)) +
           ",\"positions\":" + std::to_string(mtmd_input_chunk_get_n_pos(chunk)) + "}";
}

static int prepare(const char * mmproj, const char * text_model, int least, int most, mtmd_bitmap * bitmap, const char * path) {
    llama_backend_init();
    llama_model_params model_params = llama_model_default_params();
    model_params.vocab_only = true;
    llama_model * model = llama_model_load_from_file(text_model, model_params);
    if (!model) throw std::runtime_error("the text model does not load");
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu = false;
    params.warmup = false;
    params.print_timings = false;
    params.image_min_tokens = least;
    params.image_max_tokens = most;
    mtmd_context * ctx = mtmd_init_from_file(mmproj, model, params);
    if (!ctx) throw std::runtime_error("the projector does not load");
    const std::string marker = mtmd_default_marker();
    mtmd_input_text text{};
    text.text = marker.c_str();
    text.text_len = marker.size();
    text.parse_special = true;
    mtmd_input_chunks * chunks = mtmd_input_chunks_init();
    const mtmd_bitmap * bitmaps[] = {bitmap};
    if (mtmd_tokenize(ctx, chunks, &text, bitmaps, 1) != 0) throw std::runtime_error("cannot prepare");
    std::ofstream output(path, std::ios::binary);
    std::string list;
    for (size_t index = 0; index < mtmd_input_chunks_size(chunks); index++) {
        list += (index ? "," : "") + describe(ctx, mtmd_input_chunks_get(chunks, index), output);
    }
    printf("[%s]\n", list.c_str());
    return 0;
}

static llama_flash_attn_type attention_of(const std::string & name) {
    return name == "on"    ? LLAMA_FLASH_ATTN_TYPE_ENABLED
           : name == "off" ? LLAMA_FLASH_ATTN_TYPE_DISABLED
                           : LLAMA_FLASH_ATTN_TYPE_AUTO;
}

// Positions and rows of a test prompt; a picture whose rows attend to each other must fit into one call.
static constexpr int CONTEXT_LENGTH = 2048;

// The likeliest token, and how likely it is.
static std::string likeliest(const llama_vocab * vocab, const float * logits, llama_token & token) {
    const int size = llama_vocab_n_tokens(vocab);
    token = std::max_element(logits, logits + size) - logits;
    double sum = 0;
    float second = -INFINITY;
    for (int other = 0; other < size; other++) {
        sum += std::exp(static_cast<double>(logits[other] - logits[token]));
        if (other != token) second = std::max(second, logits[other]);
    }
    char piece[256];
    const int length = llama_token_to_piece(vocab, token, piece, sizeof(piece), 0, true);
    std::string bytes;
    for (int index = 0; index < length; index++) {
        bytes += (index ? "," : "") + std::to_string(static_cast<uint8_t>(piece[index]));
    }
    const std::string is_end = llama_vocab_is_eog(vocab, token) ? "true" : "false";
    return "{\"bytes\":[" + bytes + "],\"isEnd\":" + is_end + ",\"logprob\":" + std::to_string(-std::log(sum)) +
           ",\"lead\":" + std::to_string(logits[token] - second) + "}";
}

static int generate(int count, char ** arguments) {
    const std::string prompt = arguments[4];
    llama_backend_init();
    llama_model_params model_params = llama_model_default_params();
    model_params.n_gpu_layers = 0;
    llama_model * model = llama_model_load_from_file(arguments[1], model_params);
    if (!model) throw std::runtime_error("the text model does not load");
    llama_context_params context_params = llama_context_default_params();
    context_params.n_ctx = context_params.n_batch = context_params.n_ubatch = CONTEXT_LENGTH;
    context_params.n_threads = context_params.n_threads_batch = 1;
    llama_context * context = llama_init_from_model(model, context_params);
    if (!context) throw std::runtime_error("no context");
    mtmd_context_params params = mtmd_context_params_default();
    params.use_gpu = false;
    params.warmup = false;
    params.print_timings = false;
    params.n_threads = 1;
    params.flash_attn_type = attention_of(arguments[2]);
    mtmd_context * ctx = mtmd_init_from_file(arguments[0], model, params);
    if (!ctx) throw std::runtime_error("the projector does not load");
    std::vector<const mtmd_bitmap *> bitmaps;
    for (int at = 5; at + 3 < count; at += 4) {
        const bool is_sound = std::string(arguments[at]) == "sound";
        const int width = std::stoi(arguments[at + 1]), height = std::stoi(arguments[at + 2]);
        bitmaps.push_back(is_sound ? mtmd_bitmap_init_from_audio(width, read_floats(arguments[at + 3]).data())
                                   : mtmd_bitmap_init(width, height, read_file(arguments[at + 3]).data()));
    }
    mtmd_input_text text{};
    text.text = prompt.c_str();
    text.text_len = prompt.size();
    text.add_special = true;
    text.parse_special = true;
    mtmd_input_chunks * chunks = mtmd_input_chunks_init();
    if (mtmd_tokenize(ctx, chunks, &text, bitmaps.data(), bitmaps.size()) != 0) throw std::runtime_error("cannot tokenize");
    llama_pos position = 0;
    if (mtmd_helper_eval_chunks(ctx, context, chunks, 0, 0, CONTEXT_LENGTH, true, &position) != 0)
        throw std::runtime_error("cannot compute the prompt");
    const llama_vocab * vocab = llama_model_get_vocab(model);
    std::string answer;
    for (int left = std::stoi(arguments[3]); left > 0; left--) {
        llama_token token;
        answer += (answer.empty() ? "" : ",") + likeliest(vocab, llama_get_logits_ith(context, -1), token);
        if (llama_vocab_is_eog(vocab, token)) break;
        llama_batch batch = llama_batch_get_one(&token, 1);
        batch.pos = &position;
        if (llama_decode(context, batch) != 0) throw std::runtime_error("cannot decode");
        position++;
    }
    printf("{\"promptTokens\":%zu,\"tokens\":[%s]}\n", mtmd_helper_get_n_tokens(chunks), answer.c_str());
    return 0;
}

int main(int count, char ** arguments) try {
    ggml_log_set(quiet, nullptr);
    llama_log_set(quiet, nullptr);
    mtmd_log_set(quiet, nullptr);
    ggml_backend_load_all_from_path(ORACLE_LIBRARIES);
    const std::string mode = count > 1 ? arguments[1] : "";
    if (mode == "encode" && count == 11) return encode(arguments + 2);
    if (mode == "prepare" && count == 10) {
        const int width = std::stoi(arguments[6]), height = std::stoi(arguments[7]);
        mtmd_bitmap * bitmap = mtmd_bitmap_init(width, height, read_file(arguments[8]).data());
        return prepare(arguments[2], arguments[3], std::stoi(arguments[4]), std::stoi(arguments[5]), bitmap, arguments[9]);
    }
    if (mode == "prepare-sound" && count == 7) {
        mtmd_bitmap * bitmap = mtmd_bitmap_init_from_audio(std::stoi(arguments[4]), read_floats(arguments[5]).data());
        return prepare(arguments[2], arguments[3], -1, -1, bitmap, arguments[6]);
    }
    if (mode == "generate" && count >= 7) return generate(count - 2, arguments + 2);
    fputs("usage: see the head of oracle.cpp\n", stderr);
    return 2;
} catch (const std::exception & error) {
    fprintf(stderr, "%s\n", error.what());
    return 1;
}
