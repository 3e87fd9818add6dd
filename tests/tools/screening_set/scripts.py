"""Names in their own script, made from the Latin spelling by rule: what a tool must read back."""
import re

from .lists import words

CYRILLIC = [("eye", "ее"), ("aye", "ае"), ("oye", "ое"), ("iye", "ие"), ("shch", "щ"), ("sch", "щ"), ("yy", "ый"), ("iy", "ий"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"), ("yu", "ю"), ("ya", "я"),
            ("yo", "ё"), ("ye", "е"), ("ey", "ей"), ("ay", "ай"), ("oy", "ой"), ("uy", "уй"), ("ks", "кс"), ("a", "а"), ("b", "б"), ("v", "в"), ("g", "г"), ("d", "д"), ("e", "е"), ("z", "з"),
            ("i", "и"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("f", "ф"), ("h", "х"), ("y", "ы"), ("j", "й"), ("c", "к"), ("x", "кс")]
ENDINGS = [(r"([aeo])i$", r"\1y"), (r"([nt])y$", r"\1yy"), (r"([^aeouiy])y$", r"\1iy"), (r"ii$", "iy")]
FORMS = [(r"\b(?:limited liability company|obshchestvo s ogranichennoi otvetstvennostyu|ooo|llc)\b", "ООО"),
         (r"\b(?:public joint stock company|publichnoe aktsionernoe obshchestvo|pao|pjsc)\b", "ПАО"),
         (r"\b(?:open joint stock company|otkrytoe aktsionernoe obshchestvo|oao|ojsc)\b", "ОАО"),
         (r"\b(?:closed joint stock company|zakrytoe aktsionernoe obshchestvo|zao|cjsc)\b", "ЗАО"),
         (r"\b(?:joint stock company|aktsionernoe obshchestvo|ao|jsc)\b", "АО")]
GREEK = [("th", "θ"), ("ch", "χ"), ("ps", "ψ"), ("ph", "φ"), ("ou", "ου"), ("ks", "ξ"), ("a", "α"), ("b", "μπ"), ("c", "κ"), ("d", "δ"), ("e", "ε"), ("f", "φ"), ("g", "γ"), ("h", "χ"), ("i", "ι"), ("j", "τζ"),
         ("k", "κ"), ("l", "λ"), ("m", "μ"), ("n", "ν"), ("o", "ο"), ("p", "π"), ("q", "κ"), ("r", "ρ"), ("s", "σ"), ("t", "τ"), ("u", "ου"), ("v", "β"), ("w", "ου"), ("x", "ξ"), ("y", "υ"), ("z", "ζ")]
ARABIC = [("sh", "ش"), ("kh", "خ"), ("gh", "غ"), ("th", "ث"), ("dh", "ذ"), ("aa", "ا"), ("ee", "ي"), ("oo", "و"), ("ou", "و"), ("ay", "ي"), ("aw", "و"), ("b", "ب"), ("t", "ت"), ("j", "ج"), ("h", "ح"),
          ("d", "د"), ("r", "ر"), ("z", "ز"), ("s", "س"), ("f", "ف"), ("q", "ق"), ("k", "ك"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("w", "و"), ("y", "ي"), ("v", "ف"), ("p", "ب"), ("g", "ج")]
HAN = dict(pair.split(":") for pair in (
    "zhang:张 wang:王 li:李 liu:刘 chen:陈 yang:杨 huang:黄 zhao:赵 zhou:周 wu:吴 xu:徐 sun:孙 ma:马 zhu:朱 hu:胡 guo:郭 he:何 gao:高 lin:林 luo:罗 "
    "zheng:郑 liang:梁 xie:谢 song:宋 tang:唐 han:韩 feng:冯 deng:邓 cao:曹 peng:彭 xiao:肖 tian:田 dong:董 pan:潘 yuan:袁 yu:于 jiang:江 cai:蔡 du:杜 ye:叶 cheng:程 wei:伟 "
    "su:苏 lu:卢 ding:丁 ren:任 shen:沈 yao:姚 jin:金 tan:谭 shi:石 hong:红 ming:明 hua:华 jun:军 jie:杰 qiang:强 ping:平 gang:刚 bo:波 hui:辉 tao:涛 bin:斌 hai:海 jian:建 "
    "guang:光 xin:新 guo:国 zhong:中 dong:东 nan:南 bei:北 xi:西 shan:山 da:大 tong:通 kai:凯 fu:福 long:龙 feng:峰 rong:荣 sheng:胜 qing:庆 jing:京 min:敏 yan:燕 ling:玲 xing:星 "
    "yun:云 ning:宁 chang:长 zhi:志 yi:义 hao:浩 cheng:成 ke:科 ji:技 dian:电 zi:子 mao:贸 gong:公 si:司 xia:夏 men:门 zhen:圳 hang:航 tai:泰 bao:宝 lian:联 he:和 an:安 en:恩 "
    "lei:雷 biao:彪 kun:坤 peng:鹏 xiang:祥 shun:顺 gui:贵 cai:才 chun:春 qiu:秋 xue:雪 mei:梅 lan:兰 ju:菊 zhu:竹 mu:木 shui:水 huo:火 tu:土 ri:日 yue:月 nian:年 tie:铁 gang:钢 "
    "ting:婷 na:娜 fang:芳 juan:娟 xiu:秀 ying:英 ai:爱 bing:冰 chao:超 dan:丹 di:迪 er:尔 fa:发 gen:根 hen:恒 heng:恒 kang:康 lai:来 le:乐 man:曼 neng:能 nuo:诺 qi:琦 qian:前 "
    "qin:秦 quan:全 ru:如 rui:瑞 shuang:双 shu:书 shuo:硕 teng:腾 wen:文 xian:先 xiong:雄 ya:亚 yong:勇 you:友 ze:泽 zuo:佐").split())


def by_table(text, table):
    out, at = [], 0
    while at < len(text):
        for source, target in table:
            if text.startswith(source, at):
                out.append(target)
                at += len(source)
                break
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def cyrillic_word(word):
    for pattern, other in ENDINGS:
        word, changed = re.subn(pattern, other, word)
        if changed:
            break
    text = by_table(word, CYRILLIC)
    return text.upper() if len(word) <= 3 and not set(word) & set("aeiouy") else text[:1].upper() + text[1:]


def cyrillic(name):
    low = " ".join(words(name))
    form = ""
    for pattern, own in FORMS:
        found = re.search(pattern, low)
        if found:
            low, form = (low[:found.start()] + low[found.end():]).strip(), own
            break
    if not low:
        return None
    rest = " ".join(cyrillic_word(word) for word in low.split())
    return f"{form} «{rest}»" if form else rest


def greek(name):
    text = " ".join(by_table(word, GREEK).capitalize() for word in words(name))
    return re.sub(r"σ\b", "ς", text)


def arabic(name):
    """Consonants and long vowels; short vowels are not written. The article is joined, a name begins with what is heard."""
    out, article = [], ""
    for word in words(name):
        if word in ("al", "el"):
            article = "ال"
            continue
        body = re.sub(r"([a-z])\1", r"\1", word) if not re.search("aa|ee|oo", word) else word
        head = "ا" if body[0] in "aeiou" else ""
        text = by_table(body, ARABIC)
        tail = "ا" if text.endswith("a") and len(body) > 3 else "ي" if text.endswith("i") else ""
        out.append(article + head + re.sub(r"[a-z]", "", text) + tail)
        article = ""
    return " ".join(out) if all(len(part) > 1 for part in out) and out else None


def syllables(word):
    """The word as syllables of the table, or nothing."""
    if not word:
        return []
    for size in range(min(6, len(word)), 0, -1):
        if word[:size] in HAN:
            rest = syllables(word[size:])
            if rest is not None:
                return [word[:size], *rest]
    return None


def han(name):
    parts = [syllables(word) for word in words(name)]
    if not parts or any(not part for part in parts):
        return None
    return "".join(HAN[syllable] for part in parts for syllable in part)


def pinyin_spaced(name):
    parts = [syllables(word) for word in words(name)]
    if not parts or any(not part for part in parts):
        return None
    spaced = " ".join(" ".join(syllable.capitalize() for syllable in part) for part in parts)
    return spaced if spaced.lower() != name.lower() else None


def pinyin_joined(name):
    parts = words(name)
    if len(parts) < 2 or any(not syllables(word) for word in parts):
        return None
    return "".join(parts).capitalize()
