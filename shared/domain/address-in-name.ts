// Names are mailed from the hub's own address and shown to others. Programs that show mail make links of what looks like an
// address, whether or not it was meant as one.

/** What is not seen, or only changes how its neighbour looks: nobody reads it, and it hides an address from a pattern. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}]/gu
/** Dots and slashes that programs and people take for those of an address. The middle dot of Chinese names is none. */
const DOT = /[\u2024\u3002\uff0e\uff61\ufe52]/gu
const SLASH = /[\u2044\u2215\u29f8\uff0f]/gu

/** A scheme (https://, mailto:), `www.`, or something on both sides of an @. */
const UNMISTAKABLE = /[a-z0-9]:\/\/|\b(?:https?|mailto|tel|sms|data|javascript):\S|\bwww\.\S|\S@\S/u
/** Letters, digits and what is between them in an address. */
const RUN = /[\p{L}\p{N}\p{M}._-]+/gu
const IP_ADDRESS = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

/** Two-letter ends of addresses: countries and what is kept like one. */
const COUNTRIES =
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw'
/** The other ends that are most in use, most misused, or kept for examples and houses. */
const GENERIC =
  'com net org edu gov mil int info biz name pro mobi asia aero coop museum travel jobs tel cat post xxx app dev web page site online website store shop blog cloud live life club link click help support team work works world today news media email mail chat social group center company agency academy school university college education institute foundation library space top xyz icu vip win bid loan men date stream download racing review party trade science study zip mov fun games game host press tech digital systems network solutions services one bank money finance cash pay expert guru ninja rocks buzz cyou rest bar cafe berlin wien london paris tokyo swiss eus example test invalid localhost local lan home internal onion arpa accountants actor ads adult apartments art auction audio autos baby band bargains beauty beer best bet bike bingo black blackfriday blue boats bond boo book booking bot boutique broker build builders business buy cab call cam camera camp capital car cards care career cars casa case casino ceo cfd channel charity cheap christmas church city claims cleaning clinic clothing coach codes coffee community computer condos construction consulting contact contractors cooking country coupon coupons courses credit creditcard cricket cruises dad dance data dating day deal deals degree delivery democrat dental design diamonds diet direct directory discount dog domains dot earth eat eco energy engineering enterprises equipment estate events exchange exposed express fail faith family fan fans farm fashion fast feedback film final financial fish fishing fit fitness flights florist flowers fly foo food football forex forsale forum free fund furniture futbol fyi gallery garden gay gift gifts gives giving glass global gmbh gold golf gop graphics gratis green gripe guide guitars hair health healthcare here hiphop hiv holdings holiday homes horse hospital hosting hot hotels house how immo inc industries ink insurance insure international investments jetzt jewelry joy juegos kaufen kids kim kitchen kiwi land lat latino lawyer lease legal lgbt lifestyle lighting limited limo llc loans locker lol lotto love ltd luxe luxury maison makeup management map market marketing markets meet meme memorial menu moda moe mom monster mortgage moto motorcycles movie music navy new nexus ngo now observer ong onl ooo organic origins partners parts pet pharmacy phone photo photography photos physio pics pictures pid pin ping pink pizza place plumbing plus poker porn prime productions promo properties property protection pub qpon quest radio read realestate realty recipes red rehab reise reisen rent rentals repair report republican restaurant reviews rich rip rodeo room rsvp rugby run safe safety sale salon save sbs scholarships schule secure security select sex sexy shoes shopping show singles skin soccer solar song spa sport spot srl storage style sucks supplies supply surf surgery talk tattoo tax taxi tennis theater tickets tienda tips tires tools tours town toys trading training trust tube vacations vegas ventures vet viajes video villas vision vodka vote voting voto voyage wang watch watches weather webcam wedding wiki windows wine winners wow wtf yachts yoga you zero'
/** The same in other letters: all that IANA listed in 2026, and what people take for some of them. */
const OTHER_LETTERS =
  '中国 中國 公司 网络 網路 网址 网站 網站 在线 中文网 台湾 台灣 香港 澳門 新加坡 香格里拉 组织机构 机构 大学 世界 рф рус срб укр бел мкд бг қаз мон ею онлайн сайт орг дети ελ ευ қаз հայ გე ישראל قطر مصر السعودية امارات ایران भारत ไทย 한국 みんな コム католик ком москва קום ابوظبي ارامكو الاردن البحرين الجزائر العليان المغرب بارت بازار بيتك بھارت تونس سودان سورية شبكة عراق عرب عمان فلسطين كاثوليك كوم مليسيا موريتانيا موقع همراه پاکستان ڀارت कॉम नेट भारतम् भारोत संगठन বাংলা ভারত ভাৰত ਭਾਰਤ ભારત ଭାରତ இந்தியா இலங்கை சிங்கப்பூர் భారత్ ಭಾರತ ഭാരതം ලංකා คอม ລາວ アマゾン クラウド グーグル ストア セール ファッション ポイント 中信 亚马逊 企业 佛山 信息 健康 八卦 公益 商城 商店 商标 嘉里 嘉里大酒店 大拿 天主教 娱乐 家電 广东 微博 慈善 我爱你 手机 招聘 政务 政府 新闻 时尚 書籍 淡马锡 游戏 点看 移动 网店 联通 谷歌 购物 通販 集团 電訊盈科 飞利浦 食品 餐厅 닷넷 닷컴 삼성'
const ENDS = new Set([...COUNTRIES.split(' '), ...GENERIC.split(' '), ...OTHER_LETTERS.split(' ')])

/** What is before a dot without being part of an address: titles, saints, and what universities and houses shorten. */
const SHORTENED = new Set(
  'dr drs prof doc mag mr mrs ms st ste sv sr jr dipl ing inž univ asist akad spec em hon phil med ph lj nat rer jur h sc ss sts izr red viš zn stud cand lic habil priv doz dent vet iur oec techn theol pol soc agr arch arh oz dept fac fak inst abt odd bibl kn no nr št tel vol ed eds capt lt sgt gen col hl pres dir mt ft ave blvd str dkfm mgr bc ir acad natl intl assoc adj'.split(
    ' ',
  ),
)
/** Degrees that look like an address, as a whole. */
const DEGREES = new Set([
  'b.sc',
  'm.sc',
  'd.sc',
  'b.tech',
  'm.tech',
  'm.st',
  'm.ed',
  'b.ed',
  'dr.med',
  'dr.sc',
  'mag.pharm',
])

/** An end in letters that are small or capital: in others, as those of 約翰．史密斯, only an end that is known makes an address. */
const CASED_END = /^\p{Ll}{2,}$/u
/** What has two letters, whatever else is in it: A12.Nord is a room. */
const WORD = /\p{L}.*\p{L}/u

/**
 * Whether a name is, has, or would be shown as an address of the web or of mail: `https://…`, `www.…`, `x@y`, `evil.example`,
 * `Evil.Com/x`, `203.0.113.9`, also in letters and dots that only look like others. "Room 1.02", "Dr. Smith", "St.Gallen" and
 * "d.o.o." are none. [EDG-10]
 */
export function containsAddress(name: string): boolean {
  return containsLink(name) || hostsOf(name).some(({ host }) => isAddress(host))
}

/**
 * Whether a name has what can be nothing but a link: a scheme, `www.`, an @ between two texts, or a host with a path behind
 * it. For names in which a dot is as good as a blank, as codes of rooms are. [EDG-10]
 */
export function containsLink(name: string): boolean {
  return (
    UNMISTAKABLE.test(plain(name)) ||
    hostsOf(name).some(({ host, after }) => hasPath(after) && mayBeHost(host))
  )
}

/** In the letters that an address is made of in the end. */
function plain(name: string): string {
  return name
    .replaceAll(UNSEEN, '')
    .normalize('NFKC')
    .replaceAll(DOT, '.')
    .replaceAll(SLASH, '/')
    .toLowerCase()
}

/** Everything with dots inside, in its own letters, and what follows. */
function hostsOf(name: string): { host: string; after: string }[] {
  const text = name.replaceAll(UNSEEN, '').normalize('NFKC').replaceAll(DOT, '.').replaceAll(SLASH, '/')
  return [...text.matchAll(RUN)].flatMap((run) => {
    const parts = run[0].split(/\.{2,}/)
    const end = run.index + run[0].length
    return parts.flatMap((part, index) => {
      const host = trimmed(part)
      const after = index === parts.length - 1 ? text.slice(end, end + 2) : ''
      return host.includes('.') ? [{ host, after }] : []
    })
  })
}

/** Without what cannot begin or end a host's name. */
function trimmed(label: string): string {
  let [from, to] = [0, label.length]
  while (from < to && '._-'.includes(label.charAt(from))) from += 1
  while (to > from && '._-'.includes(label.charAt(to - 1))) to -= 1
  return label.slice(from, to)
}

function hasPath(after: string): boolean {
  return /^(?:[/\\?#]|:\d)/.test(after)
}

/** The last part has no digit alone: 1.02/3 is a room. */
function mayBeHost(host: string): boolean {
  const last = host.split('.').at(-1) ?? ''
  return IP_ADDRESS.test(host) || (last.length > 1 && !/\p{N}/u.test(last))
}

function isAddress(typed: string): boolean {
  const host = typed.toLowerCase()
  if (IP_ADDRESS.test(host)) return true
  const labels = host.split('.')
  const last = labels.at(-1) ?? ''
  const before = labels.at(-2) ?? ''
  if (DEGREES.has(host)) return false
  if (ENDS.has(last) || last.startsWith('xn--')) return true
  if (!CASED_END.test(last)) return false
  // An end that is not known may be one tomorrow: a word before it makes it look like one already, and small letters do.
  if (labels.slice(0, -1).some((label) => WORD.test(label) && !SHORTENED.has(label))) return true
  const isSmall = /^\p{Ll}+$/u.test(typed.split('.').at(-1) ?? '')
  return isSmall && !SHORTENED.has(before) && !/^\p{N}+$/u.test(before)
}
