#ifndef NACRE_TYPO_H
#define NACRE_TPYO_H
#endif
