const form=document.forms[0],store='caizhi-human-'+document.body.dataset.set;
const left=()=>form.querySelectorAll('fieldset[data-needed]').length-form.querySelectorAll('fieldset[data-needed] input:checked').length;
const show=()=>{document.getElementById('left').textContent='还有 '+left()+' 项未评';};
const save=()=>{const kept={};new FormData(form).forEach((v,k)=>{kept[k]=v;});try{localStorage.setItem(store,JSON.stringify(kept));}catch(e){}show();};
try{const kept=JSON.parse(localStorage.getItem(store)||'{}');for(const k in kept){const e=form.elements[k];if(e)e.value=kept[k];}}catch(e){}
form.addEventListener('input',save);show();
const cell=t=>{t=String(t==null?'':t);if(/^[=+\-@\t]/.test(t))t="'"+t;return '"'+t.replace(/"/g,'""')+'"';};
document.getElementById('give').addEventListener('click',()=>{
 const rater=form.elements['rater'].value.trim();if(!rater){alert('请先填写评分人');return;}
 const data=JSON.parse(document.getElementById('pairs').textContent),head=JSON.parse(document.getElementById('head').textContent);
 const value=n=>{const e=form.elements[n];return e?e.value:'';};
 const rows=data.map(p=>head.map((h,i)=>i<5?p[i]:h==='评分人'?rater:value(p[0]+'|'+h)));
 const text='\ufeff'+[head,...rows].map(r=>r.map(cell).join(',')).join('\r\n')+'\r\n';
 const a=document.createElement('a');a.href=URL.createObjectURL(new Blob([text],{type:'text/csv'}));a.download='评分表_'+rater+'.csv';a.click();
});
