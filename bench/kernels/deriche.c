/* deriche.c - Deriche's recursive edge detector, smoothing step, in single precision. */
#define NAME deriche
#define NW PICK(64, 192, 720, 4096)
#define NH PICK(64, 128, 480, 2160)
#include "kernel.h"

#ifdef DATASET
static float A[NW][NH]; /* the image */
static float B[NW][NH]; /* the result */
static float Y1[NW][NH], Y2[NW][NH];

static void init(void) {
    for (int i = 0; i < NW; i++)
        for (int j = 0; j < NH; j++) A[i][j] = (float)unit(i, j);
}

/* For alpha = 0.25; exp() as digits, since libraries differ in its last bit. */
static const float OF(exp_alpha) = 0.77880078307140486825f;   /* exp(-alpha) */
static const float OF(exp_2alpha) = 0.60653065971263342360f;  /* exp(-2 alpha) */
static const float OF(exp_plus) = 1.64872127070012814685f;    /* exp(2 alpha) */
static const float OF(power) = 0.84089641525371454303f;       /* 2^-alpha */

static void OF(along_rows)(float a1, float a2, float a3, float a4, float b1, float b2) {
    for (int i = 0; i < NW; i++) {
        float y1 = 0, y2 = 0, x1 = 0;
        for (int j = 0; j < NH; j++) {
            Y1[i][j] = a1 * A[i][j] + a2 * x1 + b1 * y1 + b2 * y2;
            x1 = A[i][j];
            y2 = y1;
            y1 = Y1[i][j];
        }
    }
    for (int i = 0; i < NW; i++) {
        float y1 = 0, y2 = 0, x1 = 0, x2 = 0;
        for (int j = NH - 1; j >= 0; j--) {
            Y2[i][j] = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2;
            x2 = x1;
            x1 = A[i][j];
            y2 = y1;
            y1 = Y2[i][j];
        }
    }
    for (int i = 0; i < NW; i++)
        for (int j = 0; j < NH; j++) B[i][j] = Y1[i][j] + Y2[i][j];
}

static void OF(along_columns)(float a5, float a6, float a7, float a8, float b1, float b2) {
    for (int j = 0; j < NH; j++) {
        float y1 = 0, y2 = 0, x1 = 0;
        for (int i = 0; i < NW; i++) {
            Y1[i][j] = a5 * B[i][j] + a6 * x1 + b1 * y1 + b2 * y2;
            x1 = B[i][j];
            y2 = y1;
            y1 = Y1[i][j];
        }
    }
    for (int j = 0; j < NH; j++) {
        float y1 = 0, y2 = 0, x1 = 0, x2 = 0;
        for (int i = NW - 1; i >= 0; i--) {
            Y2[i][j] = a7 * x1 + a8 * x2 + b1 * y1 + b2 * y2;
            x2 = x1;
            x1 = B[i][j];
            y2 = y1;
            y1 = Y2[i][j];
        }
    }
    for (int i = 0; i < NW; i++)
        for (int j = 0; j < NH; j++) B[i][j] = Y1[i][j] + Y2[i][j];
}

static void kernel(void) {
    const float alpha = 0.25f, e = OF(exp_alpha), e2 = OF(exp_2alpha), rest = 1.0f - e;
    const float k = rest * rest / (1.0f + 2.0f * alpha * e - OF(exp_plus));
    const float back = k * e * (alpha - 1.0f), on = k * e * (alpha + 1.0f);
    OF(along_rows)(k, back, on, -k * e2, OF(power), -e2);
    OF(along_columns)(k, back, on, -k * e2, OF(power), -e2);
}

static uint64_t checksum(void) { return HASH(B); }
#endif
